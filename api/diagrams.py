"""The state diagrams of docs/states.md, printed from the tables: `python -m api.diagrams` writes the page anew."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from domain import delivery, escalation, occasion
from domain.delivery import MessageState
from domain.escalation import AlertState
from domain.occasion import OccasionState

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)

PAGE = Path(__file__).parents[1] / "docs" / "states.md"

_INTRODUCTION = """\
# States

Printed from the tables `TRANSITIONS` in `domain/escalation.py`, `domain/delivery.py` and `domain/occasion.py`. Do not
edit this page: change the table, then run `python -m api.diagrams`. An event that a state does not list raises
`state.conflict` and changes nothing.
"""

_ALERTS = """\
## Alerts

One bell for one participant. Every state but `resolved` is live, and a participant has at most one live alert.

- `step` rings the next people, `exhaust` rings everyone once all steps were rung, and again after that.
- `ring` is a new report that must be heard: it starts a new round. `join` is a repeat that joins the running one.
- `hurry` moves on at once, because a page has failed. `lapse` takes back an acknowledgement that brought no contact.
- `decline` passes on at once: somebody who was rung cannot, or whoever holds the alert gives it back.
- A drill rings on the same road, and ends by itself (`domain/drill.py`); a patient's alert knows no such way out.
"""

_OCCASIONS = """\
## Visits and check-ins

One occasion of one version of a plan. An occasion opens by the calendar of its site; everything else is recorded.

- `complete` after `missed` is a late completion, and marked. `miss` comes with the end of the window, or from the site.
- `reschedule` gives a visit another day, with a reason. `reopen` takes back what was marked done by mistake.
- `cancel` comes with the end of the participation; what had taken place by then can still be recorded.
"""

_MESSAGES = """\
## Messages

One text, call or mail to one person: a page to staff, a reminder, or a notice to staff about what is no alert. An
attempt is one call to a provider, committed before it.

- `lose`: the provider's answer was lost. It is looked up before anything is sent again.
- `silence`: accepted, and no receipt came in time. That is a failure of the route, and the alert moves on.
- `poll`: accepted, and nothing heard for a minute; the provider is asked once. `reroute`: refused, and another provider
  is asked at once.
- `overtake`: just before the send the alert no longer rings for this text. It becomes `stale` and is not sent.
- `postpone`: a reminder that would go out at night waits for the morning. A reminder whose answer was lost and that the
  provider does not have is given up: it is never sent twice.
- `deliver` wins over whatever arrives late or twice.
"""


def page() -> str:
    """Return docs/states.md as the tables say it."""
    return "\n".join(
        (
            _INTRODUCTION,
            _ALERTS,
            diagram(escalation.TRANSITIONS, AlertState.OPEN),
            _MESSAGES,
            diagram(delivery.TRANSITIONS, MessageState.PENDING),
            _OCCASIONS,
            diagram(occasion.TRANSITIONS, OccasionState.UPCOMING),
        )
    )


def diagram(transitions: Mapping[State, Mapping[Event, State]], start: State) -> str:
    """Return a table of transitions as a Mermaid state diagram; a state that nothing leaves is an end."""
    return "\n".join(("```mermaid", "stateDiagram-v2", *_lines(transitions, start), "```", ""))


def _lines(transitions: Mapping[State, Mapping[Event, State]], start: State) -> Iterator[str]:
    yield f"    [*] --> {start}"
    for state, events in transitions.items():
        for target in dict.fromkeys(events.values()):
            names = ", ".join(event for event, after in events.items() if after is target)
            yield f"    {state} --> {target}: {names}"
        if not events:
            yield f"    {state} --> [*]"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
