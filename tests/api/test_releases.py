"""A contract that was released stays as it is, and the next one has the number that it deserves."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from api.contract_commands import changes, kept, read_shelf, release
from api.openapi import VERSION, render, render_contract
from api.openapi_files import contract_folder, released_contracts, version_of
from api.releases import faults_of_shelf, faults_of_version
from tests.support.changed_contract import ANSWERED, Change, contract, operation, probe

CHANGELOG = "# Changelog\n\n## [1.0.0] - 2026-12-01\n\n- All of it.\n"


def numbered(version: str, *changed: Change) -> bytes:
    """Some of the contract, changed, under a version."""
    document = contract(*changed)
    document["info"]["version"] = version
    return render(document)


def more(document: dict[str, object]) -> None:
    probe(ANSWERED, {"type": "string"})(document)


def less(document: dict[str, object]) -> None:
    operation(document, "readSchedule")["operationId"] = "readPlan"


def words(document: dict[str, object]) -> None:
    operation(document, "readSchedule")["summary"] = "Read it"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which nothing was released."""
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


@pytest.fixture
def shelf(folder: Path) -> Path:
    """One in which 1.0.0 was."""
    assert release(folder, numbered("1.0.0")) == 0
    return folder


def test_our_released_contracts_are_what_was_released() -> None:
    assert list(faults_of_shelf(read_shelf(contract_folder()))) == []


def test_our_contract_keeps_what_the_last_release_promised() -> None:
    assert list(faults_of_version(read_shelf(contract_folder()), render_contract())) == []


def test_our_contract_can_be_released_into_an_empty_folder_and_is_kept_from_then_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(contract_folder() / "CHANGELOG.md", folder)
    assert release(folder, render_contract()) == 0
    assert f"{VERSION} is released" in capsys.readouterr().out
    assert released_contracts(folder) == {VERSION: render_contract()}
    assert kept(folder, render_contract()) == 0


def test_before_the_first_release_nothing_was_promised(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept(folder, numbered("1.0.0", less)) == 0
    assert changes(folder, numbered("1.0.0")) == 0
    assert capsys.readouterr().out == "nothing has been released yet\n"


def test_the_same_contract_is_released_once_and_another_under_its_number_never(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release(shelf, numbered("1.0.0")) == 0
    assert "released already" in capsys.readouterr().out
    assert release(shelf, numbered("1.0.0", words)) == 1
    assert "1.0.0 was released as another document" in capsys.readouterr().out
    assert released_contracts(shelf) == {"1.0.0": numbered("1.0.0")}


@pytest.mark.parametrize(
    ("change", "refused", "allowed"),
    [
        (words, "1.0.0", "1.0.1"),
        (more, "1.0.1", "1.1.0"),
        (more, "0.9.0", "1.2.0"),
        (less, "1.9.9", "2.0.0"),
    ],
)
def test_words_move_the_last_number_more_the_second_and_what_is_broken_the_first(
    shelf: Path, change: Change, refused: str, allowed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept(shelf, numbered(refused, change)) == 1
    assert "or higher, and is " in capsys.readouterr().out
    assert kept(shelf, numbered(allowed, change)) == 0
    assert capsys.readouterr().out == ""


def test_who_breaks_a_promise_is_told_which(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kept(shelf, numbered("1.1.0", less, more)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "breaking  GET /v1/me/schedule: operationId is readPlan, was readSchedule",
        "a promise is broken since 1.0.0: the version must be 2.0.0 or higher, and is 1.1.0",
    ]


def test_every_difference_can_be_read_before_a_release(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert changes(shelf, numbered("1.1.0", more, words)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "addition  PUT /v1/me/reports/{reportId}: answer 201: application/json /probe: the field is new",
        "words     GET /v1/me/schedule: summary is another",
    ]


def test_a_release_needs_an_entry_of_its_day_in_the_changelog(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for entry in ("", "## [1.1.0] - unreleased\n", "## [1.1.0]\n"):
        (shelf / "CHANGELOG.md").write_text(entry + CHANGELOG)
        assert release(shelf, numbered("1.1.0", more)) == 1
        assert "has no entry `## [1.1.0] - <the day" in capsys.readouterr().out
    (shelf / "CHANGELOG.md").write_text("## [1.1.0] - 2027-01-01\n" + CHANGELOG)
    assert release(shelf, numbered("1.1.0", more)) == 0
    assert list(released_contracts(shelf)) == ["1.0.0", "1.1.0"]


def test_the_next_release_is_held_to_the_newest_one_and_ten_comes_after_nine(shelf: Path) -> None:
    (shelf / "CHANGELOG.md").write_text("".join(f"## [1.{n}.0] - 2027-01-01\n" for n in (9, 10)) + CHANGELOG)
    assert release(shelf, numbered("1.9.0", more)) == 0
    assert release(shelf, numbered("1.10.0", more, probe(ANSWERED, {"type": "integer"}))) == 1
    assert release(shelf, numbered("1.10.0", more, words)) == 0
    assert read_shelf(shelf).last == "1.10.0"
    # What came with 1.9.0 is a promise by now.
    assert kept(shelf, numbered("1.11.0")) == 1


def test_a_rehearsed_release_leaves_nothing_behind(folder: Path) -> None:
    assert release(folder, numbered("1.0.0"), rehearsed=True) == 0
    assert released_contracts(folder) == {}


def test_a_released_contract_that_was_changed_added_or_lost_is_seen(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shelf / "released" / "1.0.0.json"
    said = []
    for spoil in (
        lambda: file.write_bytes(numbered("1.0.0", words)),
        lambda: file.rename(shelf / "released" / "1.0.1.json"),
    ):
        spoil()
        assert kept(shelf, numbered("1.0.2")) == 1
        said += capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("released/")] == [
        "released/1.0.0.json was changed: a released contract stays as it is",
        "released/1.0.0.json is missing: a released contract stays",
        "released/1.0.1.json is not in SHA256SUMS: only `nightbell openapi release` adds one",
    ]


def test_anybody_can_check_the_manifest_with_what_every_system_has(shelf: Path) -> None:
    command = ("sha256sum", "--check", "--strict", "SHA256SUMS")
    subprocess.run(command, cwd=shelf / "released", check=True, capture_output=True)  # noqa: S603 - fixed words
    (line,) = (shelf / "released" / "SHA256SUMS").read_text().splitlines()
    assert line == f"{hashlib.sha256(numbered('1.0.0')).hexdigest()}  1.0.0.json"


@pytest.mark.parametrize("text", ["1.0", "1.0.0-rc.1", "01.0.0", "v1.0.0", "1.0.0\n", "../1.0.0"])
def test_what_is_no_version_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not of the form"):
        version_of(text)


def test_the_version_of_the_document_is_that_of_the_code() -> None:
    assert msgspec.json.decode(render_contract())["info"]["version"] == VERSION
    assert version_of(VERSION) >= (1, 0, 0)
