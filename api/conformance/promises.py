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
        "submitReport: a UUID of your own; guide: reports",
    ),
    Promise(
        "report.same-body",
        "Each sending of a report has the same answers, form version and `deviceTime`.",
        "submitReport: 200 for the same again, 409 for another content",
    ),
    Promise(
        "report.lost-answer",
        "A report whose answer was lost or cut off is sent again until the server has answered.",
        "guide: the offline queue",
    ),
    Promise(
        "report.server-fails",
        "No report is dropped while the server answers 500.",
        "guide: the offline queue; problem `internal`",
    ),
    Promise(
        "report.hangs",
        "No report is dropped when an answer does not come in time.",
        "guide: the offline queue",
    ),
    Promise(
        "report.killed",
        "A report is on the phone's storage before it is sent: "
        "killed in the middle of it, the app sends it after the next start.",
        "guide: the offline queue",
    ),
    Promise(
        "report.stranger",
        "An answer that is not the server's, such as a login page of a café's network, counts as none.",
        "guide: the offline queue; ReportView: reportId",
    ),
    Promise(
        "report.refused-token",
        "No report is dropped when its token is refused.",
        "guide: the offline queue; problem `token.refused`",
    ),
    Promise(
        "report.submission-token",
        "When the session has ended, what waits is handed in with the submission token.",
        "guide: tokens; submitReport: takes the submission token as well",
    ),
    Promise(
        "report.sign-out",
        "Signing out drops no report that waits.",
        "revokeToken; guide: tokens",
    ),
    Promise(
        "report.ended",
        "The end of the participation drops no report that waits.",
        "guide: tokens; the submission token is good for 30 days after the session",
    ),
    Promise(
        "report.at-once",
        "A report is sent when it is finished, also while another waits for its next try.",
        "guide: reports",
    ),
    Promise(
        "report.one-blocks-no-other",
        "A report that the server fails on keeps no other from being handed in.",
        "submitReportBatch: each report for itself",
    ),
    Promise(
        "report.conflict",
        "409 `report.conflict` means that the clinic has it: it is neither sent again nor sent under another id.",
        "problem `report.conflict`",
    ),
    Promise(
        "report.never-passes",
        "What is answered 400 or 413 again and again is kept, not sent for ever, and the person is told.",
        "problems `report.malformed`, `body.too-large`",
    ),
    Promise(
        "report.form-version",
        "A report names the form's version whose questions were shown, also after a newer one was released.",
        "FormView: the questions of a version never change",
    ),
    Promise(
        "retry.backoff",
        "While the server fails, the app sends at most 12 requests a minute.",
        "guide: errors",
    ),
    Promise(
        "retry.persistent",
        "While the server fails, each report is tried again within 5 minutes.",
        "guide: the offline queue",
    ),
    Promise(
        "retry.after",
        "Within a `Retry-After` no report is sent again by itself; after it, it is sent within a minute.",
        "header `Retry-After`; guide: errors",
    ),
    Promise(
        "clock.age",
        "`deviceTime` is when the person finished, and `ageSeconds` how long ago, if it is sent.",
        "ReportSubmission: deviceTime, ageSeconds",
    ),
    Promise(
        "clock.wrong",
        "A clock that is hours ahead or behind neither stops the app nor makes it rotate again and again.",
        "ReportView: clockDoubtful",
    ),
    Promise(
        "activation.lost-answer",
        "A code whose answer was lost is redeemed again by the same device id, after a restart too.",
        "Activation: a lost answer is given again to the same device for 10 minutes",
    ),
    Promise(
        "rotation.lost-answer",
        "A rotation whose answer was lost is asked for again within 50 seconds, "
        "by the same refresh token and device id.",
        "rotateToken; guide: tokens",
    ),
    Promise(
        "rotation.one-at-a-time",
        "However many requests find the access token refused, one rotation replaces it.",
        "Tokens: an older one used later ends the session",
    ),
    Promise(
        "rotation.kept-first",
        "New tokens are on the phone's storage before they are used: "
        "killed thereafter, the app does not go back to older ones.",
        "Tokens: only the newest refresh token is good",
    ),
    Promise(
        "rotation.never-old",
        "A refresh token is never used again once its successor has been.",
        "Tokens: an older one used later ends the session",
    ),
    Promise(
        "session.not-for-trouble",
        "A server that fails to rotate signs nobody out.",
        "guide: tokens; guide: errors",
    ),
    Promise(
        "session.signed-out",
        "Signing out tells the server, as soon as it can be reached.",
        "revokeToken; guide: tokens",
    ),
    Promise("token.address", "No token and no code is ever in an address.", "guide: tokens"),
    Promise(
        "token.elsewhere",
        "A redirect to another host is not followed with a token or a report.",
        "RFC 9110 §15.4; guide: tokens",
    ),
    Promise(
        "advice.at-once",
        "The advice of the form's rules is shown before any answer, while the request is under way.",
        "FormView: to advise somebody before the server has answered",
    ),
    Promise(
        "advice.offline",
        "Without a network, after a restart too, the advice is that of the highest level rule that is true.",
        "FormView: to advise somebody before the server has answered",
    ),
    Promise(
        "advice.honest",
        "The screen never says that the clinic has a report before the server has said so.",
        "FormView: notSentText; guide: reports",
    ),
    Promise(
        "problem.what-to-do",
        "`whatToDo` of a problem is shown.",
        "Problem: show this to the person, who must not be left alone with an error",
    ),
    Promise(
        "problem.request-id",
        "Where the server failed, the request id is shown, by which somebody can ask for help.",
        "header `X-Request-Id`; guide: errors",
    ),
    Promise(
        "page.current",
        "The sentence about the page is the server's, and as it stands now.",
        "PageView: the truth about the page to staff",
    ),
    Promise(
        "emergency.offline",
        "The emergency text is shown in her language, without a network and after a restart too.",
        "FormView: emergencyText",
    ),
    Promise(
        "language.chosen",
        "The language she chooses is told to the server with `If-Match`, "
        "again after a 412, and is what she then reads.",
        "updateAccount, by `If-Match`",
    ),
    Promise(
        "reading.etag",
        "What was read before is asked for with `If-None-Match`, and a 304 leaves what the phone holds.",
        "header `If-None-Match`; guide: schedule and alarms",
    ),
    Promise(
        "alarms.nearest",
        "At most 64 alarms are set, and they are the nearest.",
        "guide: schedule and alarms; iOS keeps 64",
    ),
    Promise(
        "alarms.re-planned",
        "A new version of the plan replaces all alarms.",
        "ReminderList: version; guide: schedule and alarms",
    ),
    Promise(
        "alarms.receipts",
        "The server is told what was scheduled and shown, under the version of the plan.",
        "recordReminderReceipt",
    ),
    Promise(
        "alarms.ask-first",
        "An alarm that says so is shown only if it is still listed then; without a network it is shown.",
        "ReminderView: askFirst",
    ),
    Promise(
        "alarms.taken-back",
        "When the session has ended, by her, the site or the end of the participation, no alarm stays.",
        "listReminder: take every alarm back",
    ),
    Promise(
        "future.fields",
        "Fields and headers that the app does not know change nothing.",
        "the contract: what may change within v1",
    ),
    Promise(
        "future.values",
        "Values that the app does not know stop nothing that it does know.",
        "the contract: enums of answers grow",
    ),
)

BY_ID: Mapping[str, Promise] = {each.id: each for each in PROMISES}


def table() -> str:
    """Return the promises as docs/conformance.md has them."""
    rows = [f"| `{each.id}` | {each.sentence} | {each.source} |" for each in PROMISES]
    return "\n".join(["| promise | what it says | follows from |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())  # noqa: T201 - for the page
