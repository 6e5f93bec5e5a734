"""docs/rights.md as a test reads it: one row an operation, one cell a caller."""

import re
from pathlib import Path

from msgspec import Struct

PATH = Path(__file__).parents[2] / "docs" / "rights.md"

CALLERS = (
    "nobody",
    "participant",
    "caregiver",
    "submission",
    "coordinator",
    "investigator",
    "monitor",
    "data-manager",
    "administrator",
)
OTHERS = ("other site", "other participant")
COLUMNS = (*CALLERS, *OTHERS)

_HEAD = ("operation", "operationId", *COLUMNS, "remark")
_CELL = re.compile(r"yes|own|40[134]|(paged|holding|signed|secret)/(40[1349])")
_OPERATION = re.compile(r"`([A-Z]+ /\S*)`")


class Cell(Struct, frozen=True):
    """What a caller gets: the status of a refusal, or None where it is allowed.

    With `condition`, it is allowed where that is so, and refused with `refusal` where it is not.
    """

    text: str
    refusal: int | None = None
    condition: str = ""

    @property
    def allows(self) -> bool:
        return self.refusal is None or bool(self.condition)


class Row(Struct, frozen=True):
    """What the table says of one operation."""

    operation: str
    operation_id: str
    cells: dict[str, Cell]


def read_table() -> dict[str, Row]:
    """Return every row by "GET /v1/x"; raise ValueError with the line that cannot be read."""
    lines = [line for line in PATH.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    start = next(place for place, line in enumerate(lines) if _cells(line)[:2] == list(_HEAD[:2]))
    if tuple(_cells(lines[start])) != _HEAD:
        raise ValueError(f"docs/rights.md: the columns must be {', '.join(_HEAD)}")
    rows = [_row(line) for line in lines[start + 2 :]]
    twice = {row.operation for row in rows if sum(each.operation == row.operation for each in rows) > 1}
    if twice:
        raise ValueError(f"docs/rights.md: more than one row for {', '.join(sorted(twice))}")
    return {row.operation: row for row in rows}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _row(line: str) -> Row:
    cells = _cells(line)
    named = _OPERATION.fullmatch(cells[0])
    if named is None or len(cells) != len(_HEAD):
        raise ValueError(f"docs/rights.md: not a row of {len(_HEAD)} cells: {line}")
    found = {column: _cell(text, line) for column, text in zip(COLUMNS, cells[2:], strict=False)}
    return Row(operation=named[1], operation_id=cells[1].strip("`"), cells=found)


def _cell(text: str, line: str) -> Cell:
    found = _CELL.fullmatch(text)
    if found is None:
        raise ValueError(f"docs/rights.md: {text!r} is no cell, in: {line}")
    if found[1]:
        return Cell(text, int(found[2]), found[1])
    return Cell(text, int(text) if text.isdecimal() else None)
