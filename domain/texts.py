"""Every sentence comes from the protocol's text files; this module finds the right one and fills it in.

An item's text is `item.<form>.<item>` or, where all forms ask alike, `item.<item>`; a choice's text is
`choice.<item>.<choice>` or `choice.<choice>`; a unit's is `unit.<unit>`. Recall, preparation and a rule's advice
name their text key in full. `domain/protocol/check_texts.py` checks that each of them exists in every language.
"""

import re
from collections.abc import Collection
from typing import Final

from domain.protocol.schema import Key, Protocol

DEFAULT_LANGUAGE: Final = "zh-CN"
"""The trial is in Wuhan (trial.md)."""

PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}")


def say(protocol: Protocol, language: str, key: Key, **values: str) -> str:
    """Return the text with its placeholders filled in; values it does not name are not used.

    Raises KeyError for a language, text or placeholder that is not there: a mistake of the program, since the
    protocol is checked.
    """
    text = protocol.texts[language].texts[key]
    # Most have none, and a schedule has dozens of them.
    return PLACEHOLDER.sub(lambda found: values[found[1]], text) if "{" in text else text


def say_item(protocol: Protocol, language: str, form: Key, item: Key) -> str:
    """Return the question as that form asks it. Raises KeyError as `say` does."""
    return say(protocol, language, item_key(protocol.texts[language].texts, form, item))


def say_choice(protocol: Protocol, language: str, item: Key, choice: Key) -> str:
    """Return the words of a choice. Raises KeyError as `say` does."""
    return say(protocol, language, choice_key(protocol.texts[language].texts, item, choice))


def item_key(keys: Collection[Key], form: Key, item: Key) -> Key:
    """Return the form's own key where it has one, else the common key, whether or not that exists."""
    own = f"item.{form}.{item}"
    return own if own in keys else f"item.{item}"


def choice_key(keys: Collection[Key], item: Key, choice: Key) -> Key:
    """Return the item's own key where it has one, else the common key, whether or not that exists."""
    own = f"choice.{item}.{choice}"
    return own if own in keys else f"choice.{choice}"


def best_language(wanted: str, available: Collection[str]) -> str:
    """Return the available tag closest to one BCP 47 tag: itself, else one of the same language, else zh-CN."""
    by_tag = {tag.casefold(): tag for tag in sorted(available, reverse=True)}
    by_language = {_primary(tag): tag for tag in by_tag.values()}
    return by_tag.get(wanted.casefold()) or by_language.get(_primary(wanted)) or DEFAULT_LANGUAGE


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].casefold()
