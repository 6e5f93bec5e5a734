"""As tests/support/broken_apps.py: breaks of screens and alarms, and what next year breaks."""

from collections.abc import Mapping
from typing import Any

from api.conformance import scenes_of_next_year as next_year
from api.conformance import scenes_of_reminders as reminders
from api.conformance import scenes_of_screens as screens
from openapi.clients.python import advice, alarms, app
from openapi.clients.python.alarms import Alarms
from openapi.clients.python.app import App
from openapi.clients.python.calls import Answer, Server
from openapi.clients.python.reading import ME, Library
from openapi.clients.python.session import Session
from openapi.clients.python.store import Json, Kept, Store
from tests.support.broken_apps import Patch, breaks, in_the_body

# ruff: noqa: SLF001 - a break reaches into what it breaks


def without_header(patch: Patch, name: str) -> None:
    """Let no request have a header."""
    genuine = Session.call

    async def call(
        self: Session, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] = {}
    ) -> Answer | None:
        return await genuine(
            self, method, path, body, {each: headers[each] for each in headers if each != name}
        )

    patch.setattr(Session, "call", call)


@breaks("token.address", screens.nothing_has_changed)
def the_token_stands_in_the_address(patch: Patch) -> None:
    genuine = Server.send

    async def send(self: Server, method: str, path: str, **more: Any) -> Answer | None:
        asked = f"{path}?t={more['token']}" if method == "GET" else path
        return await genuine(self, method, asked, **more)

    patch.setattr(Server, "send", send)


@breaks("report.form-version", screens.the_form_has_a_new_version)
def what_waits_is_sent_under_the_newest_version(patch: Patch) -> None:
    held: list[int] = []
    genuine = Library.put

    def put(self: Library, path: str, etag: str, body: Json) -> None:
        held.extend([body["version"]] if "levelRules" in body else [])
        genuine(self, path, etag, body)

    patch.setattr(Library, "put", put)
    in_the_body(patch, lambda *_: {"formVersion": max(held)})


@breaks("report.form-version", screens.the_form_has_a_new_version)
def a_form_is_read_once_and_for_all(patch: Patch) -> None:
    genuine = Library.read_forms

    async def read_forms(self: Library) -> None:
        if not any("/versions/" in path for path in self._store.kept.pages):
            await genuine(self)

    patch.setattr(Library, "read_forms", read_forms)


@breaks("advice.offline", screens.there_is_no_network)
def advice_needs_a_network(patch: Patch) -> None:
    patch.setattr(app, "rank", lambda *_: 0)


@breaks("advice.offline", screens.there_is_no_network)
def the_first_rule_that_fires_counts(patch: Patch) -> None:
    patch.setattr(advice, "max", lambda fired, default: next(iter(fired), default), raising=False)


@breaks("page.current", screens.a_doctor_sees_it)
def the_page_is_read_once(patch: Patch) -> None:
    async def read_reports(_: App) -> None:
        pass

    patch.setattr(App, "_read_reports", read_reports)


@breaks("emergency.offline", screens.there_is_no_network)
def documents_live_in_memory(patch: Patch) -> None:
    genuine = Store._load

    def load(self: Store, boot: str) -> Kept | None:
        kept = genuine(self, boot)
        if kept is not None:
            kept.pages = {}
        return kept

    patch.setattr(Store, "_load", load)


@breaks("language.chosen", screens.she_reads_another_language)
def what_others_chose_is_overwritten(patch: Patch) -> None:
    without_header(patch, "If-Match")


@breaks("language.chosen", screens.she_reads_another_language)
def the_language_is_the_phones_alone(patch: Patch) -> None:
    async def choose_language(self: Library) -> None:
        await self.read(ME)

    patch.setattr(Library, "choose_language", choose_language)


@breaks("reading.etag", screens.nothing_has_changed)
def everything_is_read_whole_each_time(patch: Patch) -> None:
    without_header(patch, "If-None-Match")


@breaks("alarms.nearest", reminders.a_year_has_more_than_64_reminders)
def all_alarms_are_set(patch: Patch) -> None:
    patch.setattr(alarms, "MOST_PENDING", 1000)


@breaks("alarms.nearest", reminders.a_year_has_more_than_64_reminders)
def the_first_64_of_the_list_are_set(patch: Patch) -> None:
    patch.setattr(alarms, "sorted", lambda ahead, **_: ahead, raising=False)


@breaks("alarms.re-planned", reminders.a_year_has_more_than_64_reminders)
def old_alarms_stay(patch: Patch) -> None:
    genuine = Alarms.set_anew

    def set_anew(self: Alarms) -> None:
        before = self._store.kept.alarms
        genuine(self)
        after = self._store.kept.alarms
        ids = {each.reminder_id for each in after}
        self._store.kept.alarms = [*after, *(each for each in before if each.reminder_id not in ids)]

    patch.setattr(Alarms, "set_anew", set_anew)


@breaks("alarms.receipts", reminders.alarms_ring)
def nobody_is_told_what_was_shown(patch: Patch) -> None:
    async def tell(_: Alarms) -> None:
        pass

    patch.setattr(Alarms, "tell", tell)


@breaks("alarms.ask-first", reminders.alarms_ring)
def nobody_is_asked_first(patch: Patch) -> None:
    async def still_listed(self: Alarms, reminder_id: str) -> Json | None:
        return self._listed(reminder_id)

    patch.setattr(Alarms, "_still_listed", still_listed)


@breaks("future.fields", next_year.answers_have_grown)
def an_unknown_field_is_an_error(patch: Patch) -> None:
    genuine = Library.put
    known = {
        "subjectNumber",
        "role",
        "language",
        "timeZone",
        "reminderHour",
        "emergencyNumber",
        "emergencyText",
    }

    def put(self: Library, path: str, etag: str, body: Json) -> None:
        if path == ME and set(body) - known:
            raise ValueError("a field that is not known")
        genuine(self, path, etag, body)

    patch.setattr(Library, "put", put)


@breaks("future.values", next_year.answers_have_new_values)
def an_unknown_level_is_an_error(patch: Patch) -> None:
    genuine = advice.rank

    def rank(form: Json, facts: advice.Known) -> int:
        if {each["level"] for each in form["advice"]} - {"none", "routine", "urgent", "emergency"}:
            raise ValueError("a level that is not known")
        return genuine(form, facts)

    patch.setattr(app, "rank", rank)
