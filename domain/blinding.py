"""What could unblind the trial, and is nowhere: who was allocated to what, and how much of it (trial.md §2).

The one list of words, for names (columns, fields, items, labels) and for sentences. Words are told apart by case,
hyphen, underscore and digit, so that neither "charm" nor "kitchen" is one. What is written without any joint
("armcode") passes, as does what somebody says in her own words: no list can read those.
"""

import functools
import itertools
import re
import unicodedata

_WORDS = frozenset(
    {
        *("arm", "arms", "dose", "doses", "dosed", "dosage", "dosages", "dosing", "cohort", "cohorts"),
        *("kit", "kits", "placebo", "placebos", "comparator", "comparators", "sham"),
    }
)
_NAME_WORDS = _WORDS | {
    "treatment",
    "treatments",
    "allocation",
    "allocations",
    "allocated",
    "stratum",
    "strata",
}
"""Plain words in a sentence ("since the treatment", which everybody had), and none in the name of a field."""

_BEGINNINGS = ("randomi", "unblind", "deblind", "codebreak")
_NAME_BEGINNINGS = (*_BEGINNINGS, "random")

_PAIRS = frozenset({("group", "assignment"), ("assigned", "group"), ("study", "group"), ("trial", "group")})
_NAME_PAIRS = _PAIRS | {("group", "id"), ("group", "code"), ("code", "break")}

_CHINESE = (
    "分组",
    "剂量",
    "随机",
    "安慰剂",
    "盲",
    "组别",
    "试验组",
    "对照组",
    "治疗组",
    "给药组",
    "队列",
    "药盒",
    "药物编号",
)
"""Looked for anywhere: Chinese has no joints."""

_JOINT = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUN = re.compile(r"[a-z]+")

STEMS: tuple[bytes, ...] = tuple(
    sorted(
        {
            *(
                b"arm",
                b"dos",
                b"cohort",
                b"kit",
                b"placebo",
                b"comparator",
                b"sham",
                b"treatment",
                b"allocat",
            ),
            *(b"strat", b"random", b"blind", b"group", b"code"),
        }
    )
)
"""What a name in ASCII has in it if it could unblind, in small letters: a text with none of them has none."""


REMEMBERED_LENGTH = 64
"""Characters of a name that is remembered at most; no name of ours is longer, and a longer one takes room only."""

_STEM = re.compile("|".join(stem.decode() for stem in STEMS), re.IGNORECASE | re.ASCII)


def in_name(name: str) -> bool:
    """Say whether a name speaks of arm, dose, kit, cohort, allocation or their like, in any spelling of it."""
    if name.isascii() and _STEM.search(name) is None:
        return False
    return remembered(name) if len(name) <= REMEMBERED_LENGTH else _in_name(name)


@functools.lru_cache(maxsize=4096)
def remembered(name: str) -> bool:
    """As `in_name`, for a name that is not long: those that come are nearly always the same."""
    return _in_name(name)


def _in_name(name: str) -> bool:
    return _tells(name, _NAME_WORDS, _NAME_BEGINNINGS, _NAME_PAIRS)


def in_text(text: str) -> bool:
    """Say whether a sentence that we ship, print or send speaks of them."""
    return _tells(text, _WORDS, _BEGINNINGS, _PAIRS)


def _tells(
    text: str, words: frozenset[str], beginnings: tuple[str, ...], pairs: frozenset[tuple[str, str]]
) -> bool:
    plain = text if text.isascii() else _plain(text)
    found = [word.lower() for word in _JOINT.findall(plain)]
    return (
        any(word in words or word.startswith(beginnings) for word in (*found, *_RUN.findall(plain.lower())))
        or any(pair in pairs for pair in itertools.pairwise(found))
        or any(each in plain for each in _CHINESE)
    )


def _plain(text: str) -> str:
    """Return the text with wide and mathematical letters as letters, and without what has no width and parts nothing.

    Each character by itself and once: to put a long run of marks in order takes a time that is squared.
    """
    return text.translate({ord(each): _letters(each) for each in set(text)})


def _letters(character: str) -> str:
    return "".join(
        each for each in unicodedata.normalize("NFKC", character) if unicodedata.category(each) != "Cf"
    )
