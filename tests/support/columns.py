"""Who asks, for a column of docs/rights.md."""

from domain.people import Role
from tests.support.asks import Ask
from tests.support.clinic import Person
from tests.support.requests_of import OPERATIONS
from tests.support.rights_table import Row
from tests.support.two_sites import ROLES, TwoSites


def ask_of(ward: TwoSites, row: Row, column: str, *, meets: bool) -> Ask:
    """Say who asks for what. What is allowed to change something gets something of its own to change."""
    cell = row.cells[column]
    method, _, path = row.operation.partition(" ")
    person, role = who(ward, row, column, meets=meets and bool(cell.condition))
    return Ask(
        ward=ward,
        operation=OPERATIONS[row.operation],
        method=method,
        path=path,
        column=column,
        person=person,
        role=role,
        meets=meets,
        fresh=method != "GET" and cell.allows,
    )


def who(ward: TwoSites, row: Row, column: str, *, meets: bool) -> tuple[Person | None, Role | None]:
    """Return who asks in a column; at another site somebody of the first role that the table allows it."""
    phones = {"participant": ward.lin, "caregiver": ward.caregiver, "submission": ward.lin}
    if column in {*phones, "other participant"}:
        return phones.get(column, ward.other), None
    if column == "nobody":
        return None, None
    if column == "other site":
        role = next((each for each in ROLES if row.cells[each.value].allows), Role.COORDINATOR)
        return ward.elsewhere[role], role
    role = Role(column)
    return (ward.on_call[role] if meets and role in ward.on_call else ward.plain[role]), role
