"""A link and a code are good for their own alert and their own round, until somebody has answered (cases.md 12)."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.escalation import Alert, AlertState
from domain.paged import Standing, standing
from tests.support.alerts import a_page, an_alert, staff_id

PAGE = a_page()
"""Bob's, of the first round."""


def alert(state: AlertState, holder: str = "Bob", **changes: object) -> Alert:
    found = an_alert(state=state)
    held = None if found.acknowledged_by is None else staff_id(holder)
    return replace(found, acknowledged_by=held, **changes)


@pytest.mark.parametrize(
    ("now", "stands"),
    [
        (alert(AlertState.OPEN), Standing.WAITING),
        (alert(AlertState.OPEN, step=3), Standing.WAITING),
        (alert(AlertState.EXHAUSTED), Standing.WAITING),
        (alert(AlertState.ACKNOWLEDGED), Standing.YOURS),
        (alert(AlertState.ACKNOWLEDGED, "Dana"), Standing.TAKEN),
        (alert(AlertState.OPEN, round=2), Standing.REPLACED),
        (alert(AlertState.ACKNOWLEDGED, round=2), Standing.REPLACED),
        (alert(AlertState.OPEN, id=UUID(int=8)), Standing.REPLACED),
        (alert(AlertState.CONTACTED), Standing.ENDED),
        (alert(AlertState.CONTACTED, round=2), Standing.ENDED),
        (alert(AlertState.RESOLVED, "Dana"), Standing.ENDED),
    ],
)
def test_how_a_page_stands(now: Alert, stands: Standing) -> None:
    assert standing(PAGE, now) is stands
