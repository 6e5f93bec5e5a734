"""Whether a protocol holds together: what no single file can know of itself.

Safety rests on a few of these checks. A worse answer never lowers the level; "don't know" never outranks the
worst answer; no free text goes unread; every rule proves itself on its own examples; no SMS names more time
than the clock gives; no day of the 52 weeks is without a safety window.
"""

from collections.abc import Iterator

from domain.errors import Fault
from domain.protocol.check_forms import check_forms
from domain.protocol.check_reminders import check_reminders
from domain.protocol.check_routes import check_routes
from domain.protocol.check_rules import check_rules
from domain.protocol.check_texts import check_texts
from domain.protocol.check_times import check_calendar, check_escalation
from domain.protocol.schema import Protocol


def check(protocol: Protocol) -> tuple[Fault, ...]:
    """Return every fault, with the file and path it is mended at, e.g. `rules.toml: rules[3].when.item`."""
    return (
        *_signatures(protocol),
        *check_calendar(protocol.calendar),
        *check_forms(protocol.forms, protocol.rules.dont_know_choice, protocol.calendar.check_ins),
        *check_rules(protocol.forms, protocol.rules),
        *check_escalation(protocol.escalation),
        *check_routes(protocol.routes),
        *check_reminders(protocol),
        *check_texts(protocol),
    )


def _signatures(protocol: Protocol) -> Iterator[Fault]:
    if protocol.status == "approved":
        if not protocol.approvals:
            yield Fault("trial.toml: approvals", "An approved protocol names who approved it.")
        for path in protocol.unconfirmed:
            yield Fault("trial.toml: status", f"Must be draft while {path} is unconfirmed.")
    if protocol.rules.status == "approved" and not protocol.rules.approvals:
        yield Fault("rules.toml: approvals", "Approved rules name who approved them.")
