"""The road of an app in its first hour, with the generated Python clients; as `road.ts`, step by step.

NIGHTBELL_URL is a sandbox of its own (`make clients` starts one). It is checked by mypy against what was generated.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from math import ceil
from typing import Literal
from uuid import UUID, uuid4

import httpx
from nightbell_client import AuthenticatedClient, Client
from nightbell_client.api.activation import activate_device, revoke_token, rotate_token
from nightbell_client.api.alerts import acknowledge_alert, contact_alert, list_alert
from nightbell_client.api.forms import list_form, read_form
from nightbell_client.api.me import read_account, read_schedule
from nightbell_client.api.reports import read_report, submit_report
from nightbell_client.api.staff import sign_in_staff
from nightbell_client.models import (
    Activation,
    AlertPage,
    ChoiceAnswer,
    ChoiceItemView,
    ContactRecord,
    DeviceTokens,
    FormList,
    FormView,
    NumberAnswer,
    NumberItemView,
    OccasionView,
    PageView,
    Problem,
    ReportSubmission,
    ReportView,
    Rotation,
    ScheduleView,
    StaffSignIn,
    TextAnswer,
    Tokens,
)
from nightbell_client.types import Response
from nightbell_sandbox import Client as Sandbox
from nightbell_sandbox.api.sandbox import move_clock, read_cast, read_clock, read_phone, seed_participant
from nightbell_sandbox.models import (
    ClockMove,
    ClockView,
    Phone,
    SeededParticipant,
    SeedRequest,
    StaffKey,
    StaffKeys,
)

FormKey = tuple[str, int]
Answer = ChoiceAnswer | NumberAnswer | TextAnswer

URL = os.environ["NIGHTBELL_URL"]
NOON_IN_SHANGHAI = clock_time(4, tzinfo=UTC)
NUMBERS = {"temperature": 36.6, "weight": 60.0}
PATIENCE = httpx.Timeout(300)
nobody = Client(base_url=URL, timeout=PATIENCE)
sandbox = Sandbox(base_url=URL, timeout=PATIENCE)


def as_(token: str) -> AuthenticatedClient:
    """Call with a token."""
    return AuthenticatedClient(base_url=URL, token=token, timeout=PATIENCE)


def saw(fact: object, sentence: str) -> None:
    """Tell a step if it happened; end the road if it did not."""
    if not fact:
        raise SystemExit(f"did not happen: {sentence}")
    print(f"  python      {sentence}", flush=True)  # noqa: T201 - it tells its road


def until(look: Callable[[], bool], sentence: str) -> None:
    """Wait a minute at most for what follows by itself."""
    end = time.monotonic() + 60
    while not look() and time.monotonic() < end:
        time.sleep(0.1)
    saw(look(), sentence)


def member(name: str) -> StaffKey:
    """Return what signs one of the cast in."""
    cast = read_cast.sync(client=sandbox)
    assert isinstance(cast, StaffKeys)
    return next(each for each in cast.staff if each.name == name)


def texts(name: str) -> int:
    """Count what a phone has received."""
    phone = read_phone.sync(member(name).phone, client=sandbox)
    assert isinstance(phone, Phone)
    return len(phone.messages)


def activate(code: str, device_id: UUID) -> DeviceTokens:
    """Redeem a code."""
    tokens = activate_device.sync(client=nobody, body=Activation(code=code, device_id=device_id))
    saw(isinstance(tokens, DeviceTokens), "a phone is activated")
    assert isinstance(tokens, DeviceTokens)
    return tokens


def now() -> datetime:
    """Return trial time."""
    clock = read_clock.sync(client=sandbox)
    assert isinstance(clock, ClockView)
    return clock.now


def report(
    client: AuthenticatedClient, report_id: UUID, form: FormKey, answers: list[Answer]
) -> Response[ReportView | Problem]:
    """Hand in a report."""
    body = ReportSubmission(
        form_id=form[0], form_version=form[1], language="en", device_time=now(), answers=answers
    )
    return submit_report.sync_detailed(report_id, client=client, body=body)


def cannot_be_woken(choice: Literal["yes", "no"]) -> list[Answer]:
    """Answer the one question of a caregiver that is worst."""
    return [ChoiceAnswer(type_="choice", item_id="cannot-be-woken", choice=choice)]


def code_of(answer: object) -> str:
    """Return the code of a problem, by which an app branches."""
    return answer.code if isinstance(answer, Problem) else ""


def form_of(client: AuthenticatedClient, form_id: str) -> FormKey:
    """Return the newest version of one of my forms."""
    forms = list_form.sync(client=client)
    assert isinstance(forms, FormList)
    return max((each.form_id, each.version) for each in forms.forms if each.form_id == form_id)


def page_of(client: AuthenticatedClient, report_id: UUID) -> PageView:
    """Return how far the page to staff has come."""
    view = read_report.sync(report_id, client=client)
    assert isinstance(view, ReportView)
    return view.page


def sign_in(name: str) -> AuthenticatedClient:
    """Sign one of the cast in."""
    key = member(name)
    body = StaffSignIn(email=key.email, password=key.password, totp=key.totp, device_id=uuid4())
    tokens = sign_in_staff.sync(client=nobody, body=body)
    saw(isinstance(tokens, Tokens), f"{name} signs in")
    assert isinstance(tokens, Tokens)
    return as_(tokens.access_token)


def move_to(dana: AuthenticatedClient, target: datetime) -> None:
    """Move the clock there, and let Dana answer an alert at which it stands still."""
    while (left := target - now()) > timedelta(0):
        view = move_clock.sync(client=sandbox, body=ClockMove(advance=f"PT{ceil(left.total_seconds())}S"))
        assert isinstance(view, ClockView), view
        if isinstance(view.unanswered_alert_id, UUID):
            acknowledge_alert.sync_detailed(view.unanswered_alert_id, client=dana)
            body = ContactRecord(outcome="spoke-with-participant")
            reached = contact_alert.sync_detailed(view.unanswered_alert_id, client=dana, body=body)
            saw(reached.status_code == 201, "Dana answers the alert at which the clock stood still")


def well(form: FormView) -> list[Answer]:
    """Answer all that is always asked as somebody who is well: the first choice of each, no fever, no weight gained."""
    asked = [each for each in form.items if not each.ask_when]
    answers: list[Answer] = [
        ChoiceAnswer(type_="choice", item_id=each.item_id, choice=each.choices[0].id)
        for each in asked
        if isinstance(each, ChoiceItemView)
    ]
    numbers = [each for each in asked if isinstance(each, NumberItemView)]
    answers += [
        NumberAnswer(type_="number", item_id=each.item_id, number=NUMBERS[each.item_id]) for each in numbers
    ]
    return answers


def occasions_of(lin: AuthenticatedClient) -> list[OccasionView]:
    """Read her schedule."""
    year = read_schedule.sync(client=lin)
    assert isinstance(year, ScheduleView)
    return year.occasions


def read_her_year(lin: AuthenticatedClient) -> None:
    """Read the schedule, and read it again."""
    year = read_schedule.sync_detailed(client=lin)
    assert isinstance(year.parsed, ScheduleView)
    weeks = {each.week for each in year.parsed.occasions if each.kind == "check-in"}
    visits = sum(each.kind == "visit" for each in year.parsed.occasions)
    saw((visits, len(weeks)) == (8, 52), "she reads 8 visits and 52 weeks")
    again = read_schedule.sync_detailed(client=lin, if_none_match=year.headers["ETag"])
    saw(again.status_code == 304, "what she has already is not sent again: 304")


def ring(caregiver: AuthenticatedClient, form: FormKey) -> UUID:
    """Hand in an emergency, and see phones ring until Dana takes it."""
    before = {name: texts(name) for name in ("Bob", "Dana")}
    report_id = uuid4()
    handed_in = report(caregiver, report_id, form, cannot_be_woken("yes"))
    assert isinstance(handed_in.parsed, ReportView)
    saw((handed_in.status_code, handed_in.parsed.level) == (201, "emergency"), "an emergency is handed in")
    saw(handed_in.parsed.advice.emergency_number == "120", "and answered with advice")
    same = report(caregiver, report_id, form, cannot_be_woken("yes"))
    saw(same.status_code == 200, "sent again it is the same report")
    other = report(caregiver, report_id, form, cannot_be_woken("no"))
    saw(code_of(other.parsed) == "report.conflict", "with other answers it is a conflict")
    until(lambda: texts("Bob") > before["Bob"], "Bob's phone rings")
    move_clock.sync(client=sandbox, body=ClockMove(advance="PT10M"))
    until(lambda: texts("Dana") > before["Dana"], "ten minutes later Dana's phone rings")
    saw(page_of(caregiver, report_id).go_now, "the page says: go now")
    return report_id


def answer(dana: AuthenticatedClient, caregiver: AuthenticatedClient, report_id: UUID) -> None:
    """Let Dana take the alert and reach the caregiver."""
    alerts = list_alert.sync(client=dana)
    assert isinstance(alerts, AlertPage)
    alert = next(each.alert_id for each in alerts.alerts if each.state == "open")
    saw(acknowledge_alert.sync_detailed(alert, client=dana).status_code == 201, "Dana takes it")
    saw(page_of(caregiver, report_id).status == "seen-by-doctor", "the phone reads: seen by a doctor")
    contact_alert.sync_detailed(alert, client=dana, body=ContactRecord(outcome="spoke-with-caregiver"))
    saw(page_of(caregiver, report_id).status == "contacted", "the phone reads: contacted")


def leave(tokens: DeviceTokens, device_id: UUID, form: FormKey) -> None:
    """Rotate, meet an error, sign out, and hand in what still waits."""
    rotation = Rotation(refresh_token=tokens.refresh_token, device_id=device_id)
    rotated = rotate_token.sync(client=nobody, body=rotation)
    again = rotate_token.sync(client=nobody, body=rotation)
    assert isinstance(rotated, DeviceTokens)
    assert isinstance(again, DeviceTokens)
    saw(rotated.refresh_token == again.refresh_token, "a rotation whose answer was lost is answered again")
    wrong = activate_device.sync(client=nobody, body=Activation(code="K7Q4-MM3P-9X3Q", device_id=uuid4()))
    saw(code_of(wrong) == "activation.refused", "a wrong code is a problem with a code to branch on")
    fresh = as_(rotated.access_token)
    saw(revoke_token.sync_detailed(client=fresh).status_code == 204, "the caregiver signs out")
    saw(code_of(read_account.sync(client=fresh)) == "token.refused", "she is signed out")
    late = report(as_(rotated.submission_token), uuid4(), form, cannot_be_woken("no"))
    saw(late.status_code == 201, "what still waits is handed in with the submission token")


def live_a_year(lin: AuthenticatedClient, dana: AuthenticatedClient) -> None:
    """Let a year pass: she checks in on the day on which each check-in opens, so that her silence rings nobody."""
    began, form = time.monotonic(), form_of(lin, "check-in")
    questions = read_form.sync(*form, client=lin)
    assert isinstance(questions, FormView)
    opened = [each.opens_on for each in occasions_of(lin) if each.kind == "check-in"]
    for day in sorted(opened):
        move_to(dana, datetime.combine(day, NOON_IN_SHANGHAI))
        handed_in = report(lin, uuid4(), form, well(questions))
        assert handed_in.status_code == 201, handed_in
    saw(opened, f"a trial year has passed in {time.monotonic() - began:.0f} s")
    year = occasions_of(lin)
    done = sum((each.kind, each.state) == ("check-in", "done") for each in year)
    saw(done == len(opened), "each of her check-ins is done")
    saw(all(each.state != "upcoming" for each in year), "nothing of her year lies ahead")


def main() -> None:
    """Walk it."""
    seeded = seed_participant.sync(client=sandbox, body=SeedRequest(days_since_administration=3))
    assert isinstance(seeded, SeededParticipant)
    lin = as_(activate(seeded.participant_code, uuid4()).access_token)
    read_her_year(lin)
    device_id = uuid4()
    tokens = activate(seeded.caregiver_code, device_id)
    caregiver = as_(tokens.access_token)
    form = form_of(caregiver, "caregiver")
    questions = read_form.sync(form[0], form[1], client=caregiver)
    assert isinstance(questions, FormView)
    saw(
        any(each.item_id == "cannot-be-woken" for each in questions.items),
        "her form asks whether she can be woken",
    )
    report_id = ring(caregiver, form)
    dana = sign_in("Dana")
    answer(dana, caregiver, report_id)
    leave(tokens, device_id, form)
    live_a_year(lin, dana)


main()
