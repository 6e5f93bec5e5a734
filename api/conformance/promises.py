"""What an app promises the person who uses it. docs/conformance.md prints this table, and a test compares."""

from collections.abc import Mapping

from msgspec import Struct


class Promise(Struct, frozen=True):
    """One promise: its name for `--only`, the sentence, and what it follows from."""

    id: str
    sentence: str
    source: str


PROMISES: tuple[Promise, ...] = (
    Promise(
        "report.one-id",
        "One report has one id, through every retry and restart.",
        "contract.md: the id is the client's UUID; cases.md 18",
    ),
    Promise(
        "report.same-body",
        "Each sending of a report has the same answers, form version and `deviceTime`.",
        "contract.md: 200 on an equal replay, 409 on another body",
    ),
    Promise(
        "report.lost-answer",
        "A report whose answer was lost or cut off is sent again until the server has answered.",
        "cases.md 17, 18",
    ),
    Promise("report.server-fails", "No report is dropped while the server answers 500.", "cases.md 17"),
    Promise("report.hangs", "No report is dropped when an answer does not come in time.", "cases.md 17"),
    Promise(
        "report.killed",
        "A report is on the phone's storage before it is sent: "
        "killed in the middle of it, the app sends it after the next start.",
        "cases.md 17",
    ),
    Promise(
        "report.stranger",
        "An answer that is not the server's, such as a login page of a café's network, counts as none.",
        "contract.md: the answer of a submission is the report",
    ),
    Promise("report.refused-token", "No report is dropped when its token is refused.", "cases.md 17"),
    Promise(
        "report.submission-token",
        "When the session has ended, what waits is handed in with the submission token.",
        "contract.md: unsent reports can still be handed in with the submission token",
    ),
    Promise(
        "report.sign-out",
        "Signing out drops no report that waits.",
        "contract.md: `DELETE /v1/tokens/current`; cases.md 17",
    ),
    Promise(
        "report.ended",
        "The end of the participation drops no report that waits.",
        "contract.md: submission tokens live 30 days for the quarantine; cases.md 21",
    ),
    Promise(
        "report.at-once",
        "A report is sent when it is finished, also while another waits for its next try.",
        "trial.md §2: three taps to an emergency; the new one may be it",
    ),
    Promise(
        "report.one-blocks-no-other",
        "A report that the server fails on keeps no other from being handed in.",
        "contract.md: one bad item blocks no other",
    ),
    Promise(
        "report.conflict",
        "409 `report.conflict` means that the clinic has it: it is neither sent again nor sent under another id.",
        "contract.md: stored as a variant, triaged, then answered 409",
    ),
    Promise(
        "report.never-passes",
        "What is answered 400 or 413 again and again is kept, not sent for ever, and the person is told.",
        "errors: `report.malformed`, `body.too-large`",
    ),
    Promise(
        "report.form-version",
        "A report names the form's version whose questions were shown, also after a newer one was released.",
        "contract.md: every version stays readable; cases.md 19",
    ),
    Promise(
        "retry.backoff",
        "While the server fails, the app sends at most 12 requests a minute.",
        "contract.md: limits on submissions",
    ),
    Promise(
        "retry.persistent",
        "While the server fails, each report is tried again within 5 minutes.",
        "trial.md §3: a report made offline and synced late still alerts",
    ),
    Promise(
        "retry.after",
        "Within a `Retry-After` no report is sent again by itself; after it, it is sent within a minute.",
        "contract.md: 503 and 429 with `Retry-After`",
    ),
    Promise(
        "clock.age",
        "`deviceTime` is when the person finished, and `ageSeconds` how long ago, if it is sent.",
        "ReportSubmission: deviceTime, ageSeconds",
    ),
    Promise(
        "clock.wrong",
        "A clock that is hours ahead or behind neither stops the app nor makes it rotate again and again.",
        "cases.md 24; ReportView: clockDoubtful",
    ),
    Promise(
        "activation.lost-answer",
        "A code whose answer was lost is redeemed again by the same device id, after a restart too.",
        "contract.md: the same client device id gets the same answer again for 10 min",
    ),
    Promise(
        "rotation.lost-answer",
        "A rotation whose answer was lost is asked for again within 50 seconds, "
        "by the same refresh token and device id.",
        "contract.md: the same device gets the same successor again within 60 s",
    ),
    Promise(
        "rotation.one-at-a-time",
        "However many requests find the access token refused, one rotation replaces it.",
        "contract.md: later reuse revokes the family",
    ),
    Promise(
        "rotation.kept-first",
        "New tokens are on the phone's storage before they are used: "
        "killed thereafter, the app does not go back to older ones.",
        "contract.md: later reuse revokes the family",
    ),
    Promise(
        "rotation.never-old",
        "A refresh token is never used again once its successor has been.",
        "contract.md: later reuse revokes the family and is a security event",
    ),
    Promise(
        "session.not-for-trouble",
        "A server that fails to rotate signs nobody out.",
        "contract.md: a lost answer signs nobody out",
    ),
    Promise(
        "session.signed-out",
        "Signing out tells the server, as soon as it can be reached.",
        "contract.md: `DELETE /v1/tokens/current`",
    ),
    Promise(
        "token.address", "No token and no code is ever in an address.", "design.md: nothing personal in a URL"
    ),
    Promise(
        "token.elsewhere",
        "A redirect to another host is not followed with a token or a report.",
        "RFC 9110 §15.4; contract.md: one base URL",
    ),
    Promise(
        "advice.at-once",
        "The advice of the form's rules is shown before any answer, while the request is under way.",
        "trial.md §2: before any network answer",
    ),
    Promise(
        "advice.offline",
        "Without a network, after a restart too, the advice is that of the highest level rule that is true.",
        "FormView: to advise somebody who is offline",
    ),
    Promise(
        "advice.honest",
        "The screen never says that the clinic has a report before the server has said so.",
        'contract.md: "the clinic has NOT been told"',
    ),
    Promise(
        "problem.what-to-do",
        "`whatToDo` of a problem is shown.",
        "Problem: show this to the person, who must not be left alone with an error",
    ),
    Promise(
        "problem.request-id",
        "Where the server failed, the request id is shown, by which somebody can ask for help.",
        "contract.md: `X-Request-Id`",
    ),
    Promise(
        "page.current",
        "The sentence about the page is the server's, and as it stands now.",
        'contract.md: "sent 14:01, seen by a doctor 14:03"',
    ),
    Promise(
        "emergency.offline",
        "The emergency text is shown in her language, without a network and after a restart too.",
        "trial.md §2: every form carries it",
    ),
    Promise(
        "language.chosen",
        "The language she chooses is told to the server with `If-Match`, "
        "again after a 412, and is what she then reads.",
        "contract.md: `If-Match` on PATCH",
    ),
    Promise(
        "reading.etag",
        "What was read before is asked for with `If-None-Match`, and a 304 leaves what the phone holds.",
        "contract.md: `If-None-Match` with 304",
    ),
    Promise(
        "alarms.nearest",
        "At most 64 alarms are set, and they are the nearest.",
        "contract.md: what the phone should show and when; iOS keeps 64",
    ),
    Promise(
        "alarms.re-planned",
        "A new version of the plan replaces all alarms.",
        "ReminderList: then all alarms are to be set anew; cases.md 22",
    ),
    Promise(
        "alarms.receipts",
        "The server is told what was scheduled and shown, under the version of the plan.",
        "contract.md: `POST /v1/me/reminder-receipts`",
    ),
    Promise(
        "alarms.ask-first",
        "An alarm that says so is shown only if it is still listed then; without a network it is shown.",
        "ReminderView: askFirst",
    ),
    Promise(
        "alarms.taken-back",
        "When the session has ended, by her, the site or the end of the participation, no alarm stays.",
        "reminder.list: take every alarm back; cases.md 25",
    ),
    Promise(
        "future.fields",
        "Fields and headers that the app does not know change nothing.",
        "contract.md: answers may grow within v1; `Deprecation`, `Sunset`",
    ),
    Promise(
        "future.values",
        "Values, kinds of item and tests that the app does not know stop nothing that it does know.",
        "contract.md: enums are open for reading",
    ),
)

BY_ID: Mapping[str, Promise] = {each.id: each for each in PROMISES}


def table() -> str:
    """Return the promises as docs/conformance.md has them."""
    rows = [f"| `{each.id}` | {each.sentence} | {each.source} |" for each in PROMISES]
    return "\n".join(["| promise | what it says | follows from |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())  # noqa: T201 - for the page
