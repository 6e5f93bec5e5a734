"""The guides of docs/guide/: each block of them is run, top to bottom, and what it prints is what the page shows."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from openapi.clients import guides
from openapi.clients.guides import Snippet, UnknownFenceError
from tests.support.clinic import Clinic

RUNNER = Path(__file__).parent / "support" / "guide_runner.py"


async def run(clinic: Clinic, directory: Path, snippets: list[Snippet]) -> list[str]:
    """Run snippets as a reader does: in one session, beside `ask.py` of the index; return what each printed."""
    (ask,) = guides.of("README", "python")
    (directory / "ask.py").write_text(ask.code)
    # Not `-m`, and `-P`: a reader has no package of ours on her path.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-X", "utf8", str(RUNNER)),
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(directory), "NIGHTBELL_URL": clinic.demo.api_url},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    typed = json.dumps([(f"{each.guide}.md:{each.line}", each.code) for each in snippets])
    said, failed = await process.communicate(typed.encode())
    assert process.returncode == 0, failed.decode()
    return list(json.loads(said))


@pytest.mark.parametrize("name", [name for name in guides.names() if name != "README"])
async def test_whoever_follows_a_guide_sees_what_it_shows(clinic: Clinic, tmp_path: Path, name: str) -> None:
    snippets = guides.of(name, "python")
    assert snippets
    printed = await run(clinic, tmp_path, snippets)
    wrong = [
        f"{name}.md:{each.line} prints\n{said}"
        for each, said in zip(snippets, printed, strict=True)
        if not guides.matches(said, each.printed)
    ]
    assert not wrong, "\n".join(wrong)


async def test_a_guide_whose_block_fails_fails_here(clinic: Clinic, tmp_path: Path) -> None:
    broken = Snippet(
        "broken", 7, "python", "from ask import ask\nask('GET', '/v1/me')['subjectNumber']\n", ""
    )
    with pytest.raises(AssertionError, match=r"broken\.md:7"):
        await run(clinic, tmp_path, [broken])


def test_every_fence_of_every_guide_is_run_or_compared() -> None:
    for name in guides.names():
        text = (guides.FOLDER / f"{name}.md").read_text()
        found = guides.read(name, text)
        shown = sum(bool(each.printed) for each in found)
        assert text.count("```") == 2 * (len(found) + shown), name
        # What a block in TypeScript prints is looked at by nobody.
        assert not [each for each in found if each.language == "ts" and each.printed], name


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nmake demo\n```\n",
        "```\nno language\n```\n",
        "```python\n1\n```\nwords between\n```text\n1\n```\n",
        "```text\nafter nothing\n```\n",
        "```python\n1\n```\n\n```text\n1\n```\n\n```text\n2\n```\n",
        "- a list\n\n  ```python\n  1\n  ```\n",
        "```python\nwithout an end\n",
        "~~~kotlin\nfun main() {}\n~~~\n",
    ],
)
def test_a_block_that_nobody_would_run_is_refused(text: str) -> None:
    with pytest.raises(UnknownFenceError):
        guides.read("new", text)


@pytest.mark.parametrize(
    ("printed", "shown", "is_it"),
    [
        ("seen at 14:03\n", "seen at …\n", True),
        ("seen at 14:03\nand more\n", "seen at …\n", False),
        ("a\nb\nc\nd\n", "a\n…\nd\n", True),
        ("a\nd\n", "a\nb\nd\n", False),
        ("(1.5) [x]\n", "(1.5) [x]\n", True),
        ("1x5\n", "1.5\n", False),
        ("", "anything\n", False),
        ("something\n", "", False),
    ],
)
def test_an_ellipsis_is_anything_and_nothing_else_is(printed: str, shown: str, is_it: bool) -> None:
    assert guides.matches(printed, shown) is is_it
