"""How a participant or caregiver is reached: what is on file, what her phone says, and where her calendar is."""

from datetime import datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import reach
from domain.decision import Decision
from domain.errors import BodyInvalid, ParticipationEnded
from domain.people import Account, CalendarFeed, Contact, ContactKind, ParticipantState, Role, Session
from domain.reach import Filed, Told
from domain.reminder import Consent, PhoneReceipt, ReceiptKind
from tests.support.alerts import LIN, SITE
from tests.support.years import ALICE, LINS, a_participant, at, context, day

NOW = at(7, "10:00")
FIRST, SECOND = UUID(int=81), UUID(int=82)
ACCOUNT = Account(
    id=LINS,
    site_id=SITE,
    participant_id=LIN,
    role=Role.PARTICIPANT,
    language="zh-CN",
    time_zone="Asia/Shanghai",
    reminder_hour=9,
    created_at=at(0),
)
SESSION = Session(
    id=UUID(int=71), device_id=UUID(int=72), created_at=at(0), generation=1, rotated_at=at(0), account_id=LINS
)
CONTACT = Contact(
    id=UUID(int=73),
    kind=ContactKind.PHONE,
    account_id=LINS,
    key_id="c1",
    sealed=b"sealed",
    blind_index=b"index",
)
NOTHING = Filed(consent=None, contact=None)


def consented(
    filed: Filed = NOTHING, on: int = 7, state: ParticipantState = ParticipantState.ENROLLED
) -> Decision:
    return reach.consent(
        a_participant(state=state), ACCOUNT, filed, CONTACT, day(on), day(7), ALICE, context(NOW)
    )


def given() -> Consent:
    (consent, _) = (each.after for each in consented().changes)
    assert isinstance(consent, Consent)
    return consent


def test_a_consent_is_recorded_with_the_number_it_is_for() -> None:
    consent, contact = (each.after for each in consented(on=5).changes)
    assert isinstance(consent, Consent)
    assert (consent.account_id, consent.given_on, consent.recorded_by) == (LINS, day(5), ALICE)
    assert (consent.withdrawn_at, contact) == (None, CONTACT)


def test_another_number_closes_the_consent_before_which_stays_on_file() -> None:
    before = Filed(consent=given(), contact=replace(CONTACT, sealed=b"old"))
    closed, fresh, contact = consented(before).changes
    assert (closed.before, closed.after) == (given(), replace(given(), withdrawn_at=NOW))
    assert fresh.before is None
    assert contact.before == before.contact


def test_nobody_consents_tomorrow_or_after_the_end() -> None:
    with pytest.raises(BodyInvalid) as refused:
        consented(on=8)
    assert [each.pointer for each in refused.value.faults] == ["/consentedOn"]
    with pytest.raises(ParticipationEnded):
        consented(state=ParticipantState.ENDED)


def test_a_consent_is_taken_back_once() -> None:
    decision = reach.withdraw(ACCOUNT, given(), context(NOW))
    assert decision is not None
    assert [each.after for each in decision.changes] == [replace(given(), withdrawn_at=NOW)]
    assert reach.withdraw(ACCOUNT, None, context(NOW)) is None


def said(
    *told: tuple[UUID, ReceiptKind], known: tuple[PhoneReceipt, ...] = (), version: int = 1
) -> Decision | None:
    """What Lin's phone, which held version 1, says of reminders."""
    phone = replace(SESSION, plan_version=1)
    entries = tuple(Told(each, kind, at(7, "09:00")) for each, kind in told)
    return reach.take_receipts(phone, ACCOUNT, version, entries, known, context(NOW))


def receipts(decision: Decision | None) -> list[PhoneReceipt]:
    assert decision is not None
    return [each.after for each in decision.changes if isinstance(each.after, PhoneReceipt)]


def test_each_thing_a_phone_says_is_noted_once_with_its_own_time() -> None:
    found = receipts(
        said((FIRST, ReceiptKind.SCHEDULED), (FIRST, ReceiptKind.SCHEDULED), (SECOND, ReceiptKind.SCHEDULED))
    )
    assert [(each.reminder_id, each.kind) for each in found] == [
        (FIRST, ReceiptKind.SCHEDULED),
        (SECOND, ReceiptKind.SCHEDULED),
    ]
    assert {(each.session_id, each.device_time, each.told_at) for each in found} == {
        (SESSION.id, at(7, "09:00"), NOW)
    }
    assert len({each.id for each in found}) == 2


def test_what_is_known_is_not_noted_again_and_what_comes_next_is() -> None:
    known = tuple(receipts(said((FIRST, ReceiptKind.SCHEDULED))))
    assert said((FIRST, ReceiptKind.SCHEDULED), known=known) is None
    assert [each.kind for each in receipts(said((FIRST, ReceiptKind.SHOWN), known=known))] == [
        ReceiptKind.SHOWN
    ]


def test_a_phone_that_holds_another_version_says_so_though_it_has_shown_nothing() -> None:
    decision = said(version=2)
    assert decision is not None
    assert [each.after for each in decision.changes] == [replace(SESSION, plan_version=2)]
    assert said() is None


def a_feed(made_at: datetime = NOW) -> CalendarFeed:
    feed, _ = reach.open_feed(ACCOUNT, None, b"hash", context(made_at))
    return feed


def test_a_new_address_of_a_calendar_ends_the_one_before() -> None:
    old = a_feed(at(6))
    feed, decision = reach.open_feed(ACCOUNT, old, b"other", context(NOW))
    assert [each.after for each in decision.changes] == [replace(old, revoked_at=NOW), feed]
    assert (feed.secret_hash, feed.revoked_at) == (b"other", None)
    assert feed.id != old.id


def test_an_address_leads_nowhere_once_it_is_closed() -> None:
    decision = reach.close_feed(ACCOUNT, a_feed(), context(NOW))
    assert decision is not None
    assert [each.after for each in decision.changes] == [replace(a_feed(), revoked_at=NOW)]
    assert reach.close_feed(ACCOUNT, None, context(NOW)) is None
