"""What the phone has read, and reads anew by ETag: without a network it shows what it had."""

from openapi.clients.python.session import Session
from openapi.clients.python.store import Json, Page, Store
from openapi.clients.python.words import say

ME, FORMS, SCHEDULE, REMINDERS = "/v1/me", "/v1/me/forms", "/v1/me/schedule", "/v1/me/reminders"


class Library:
    """The server's documents, as they were read last."""

    def __init__(self, store: Store, session: Session) -> None:
        self._store, self._session = store, session

    def held(self, path: str) -> Json:
        """Return a document as the phone has it; empty where it was never read."""
        page = self._store.kept.pages.get(path)
        return {} if page is None else page.body

    async def read(self, path: str) -> Json:
        """Read a document anew, if it can be, and return the newest there is."""
        page = self._store.kept.pages.get(path)
        held = {} if page is None else {"If-None-Match": page.etag}
        answer = await self._session.call("GET", path, headers=held)
        if answer is not None and answer.status == 200:
            self.put(path, answer.etag, answer.body)
        if answer is not None and answer.status >= 500:
            language = self._store.kept.language
            self._store.kept.problem = f"{say(language, 'help')} {answer.request_id}"
        return self.held(path)

    def put(self, path: str, etag: str, body: Json) -> None:
        """Keep a document."""
        self._store.kept.pages[path] = Page(etag, body)
        self._store.kept.problem = ""
        self._store.save()

    async def read_forms(self) -> None:
        """Read each form that can be filled in now, in its newest version; the older ones stay."""
        for each in (await self.read(FORMS)).get("forms", []):
            await self.read(_path(each["formId"], each["version"]))

    def newest_form(self, form_id: str) -> Json:
        """Return the newest version of a form that this phone holds; raise LookupError without any."""
        start = _path(form_id, "")
        found = [page.body for path, page in self._store.kept.pages.items() if path.startswith(start)]
        if not found:
            raise LookupError(form_id)
        return max(found, key=lambda form: int(form["version"]))

    async def choose_language(self) -> None:
        """Tell the server in which language she reads, where it does not know; `If-Match` guards what others chose."""
        wanted = self._store.kept.language
        for _ in range(2):
            me = await self.read(ME)
            if not me or me.get("language") == wanted:
                return
            held = {"If-Match": self._store.kept.pages[ME].etag}
            answer = await self._session.call("PATCH", ME, {"language": wanted}, held)
            if answer is not None and answer.status == 200:
                self.put(ME, answer.etag, answer.body)
                return


def _path(form_id: str, version: object) -> str:
    return f"/v1/forms/{form_id}/versions/{version}"
