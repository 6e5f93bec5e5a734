"""The one catalogue of errors. A class is a code; its docstring is its meaning for the caller.

No HTTP here: `api/errors.py` maps each code to a status. `detail` is for outside and never holds an answer
value, a phone number or a name; `inside` is for the log.
"""

from uuid import UUID

from domain.access_errors import ActivationRefused as ActivationRefused
from domain.access_errors import ActivationSlowed as ActivationSlowed
from domain.access_errors import DirectoryRefused as DirectoryRefused
from domain.access_errors import DirectoryUnavailable as DirectoryUnavailable
from domain.access_errors import PasswordWeak as PasswordWeak
from domain.access_errors import PinTrivial as PinTrivial
from domain.access_errors import ProofRefused as ProofRefused
from domain.access_errors import SignInBusy as SignInBusy
from domain.access_errors import SignInRefused as SignInRefused
from domain.access_errors import SignInSlowed as SignInSlowed
from domain.access_errors import TokenRefused as TokenRefused
from domain.fault import Fault as Fault
from domain.fault import NightbellError as NightbellError
from domain.sandbox_errors import SandboxesFull as SandboxesFull
from domain.sandbox_errors import SandboxInterrupted as SandboxInterrupted
from domain.sandbox_errors import SandboxUnavailable as SandboxUnavailable
from domain.sandbox_errors import SandboxUnknown as SandboxUnknown


class UnknownTimeZone(NightbellError):
    """The name is not one of the IANA time zones."""

    code = "zone.unknown"


class UnknownPhase(NightbellError):
    """The protocol has no phase of this name."""

    code = "phase.unknown"


class PreconditionMissing(NightbellError):
    """The write needs `If-Match` with the ETag of what it changes, so that nobody overwrites another unseen."""

    code = "precondition.missing"


class PreconditionFailed(NightbellError):
    """What is to be changed has changed meanwhile; read it again, and decide again."""

    code = "precondition.failed"


class AccountMissing(NightbellError):
    """Nobody has an account in this role yet: issue a code first."""

    code = "account.missing"


class ParticipationEnded(NightbellError):
    """The participation has ended; nothing new is planned or issued."""

    code = "participant.ended"


class ComplicationExists(NightbellError):
    """The same complication is recorded for that day already."""

    code = "complication.exists"


class IllegalEvent(NightbellError):
    """The thing is in a state in which this cannot happen; nothing was changed."""

    code = "state.conflict"


class NotEntitled(NightbellError):
    """The caller is known, but may not do this here."""

    code = "access.denied"


class AlreadyAcknowledged(NightbellError):
    """Somebody else has taken the alert; the answer names who."""

    code = "alert.taken"

    def __init__(self, detail: str, *, holder: UUID | None, holder_name: str = "") -> None:
        super().__init__(detail)
        self.holder = holder
        self.holder_name = holder_name


class StaffExists(NightbellError):
    """Somebody with this e-mail has an account already: invite her anew, or ask the operator."""

    code = "staff.exists"


class NotFound(NightbellError):
    """There is no such thing, or none that this caller may know of."""

    code = "not-found"


class MethodRefused(NightbellError):
    """There is something at this address, but it does not answer this method; `Allow` names those it does."""

    code = "method.not-allowed"


class RequestRefused(NightbellError):
    """The request cannot be read as one."""

    code = "request.refused"


class BodyMalformed(NightbellError):
    """The body is not JSON (RFC 8259)."""

    code = "body.malformed"


class BodyInvalid(NightbellError):
    """The body is JSON but not what this operation takes; `errors` points at what is wrong."""

    code = "body.invalid"


class BodyTooLarge(NightbellError):
    """The body is larger than the operation takes: 64 KiB, of a batch of reports 1 MiB."""

    code = "body.too-large"


class BodyTooSlow(NightbellError):
    """The body did not arrive within 30 s, and nothing was stored. Send the same request again.

    Of a report `whatToDo` tells what can be told from as much of it as arrived; the clinic knows nothing of it.
    """

    code = "body.too-slow"
    retry_safe = True


class MediaTypeRefused(NightbellError):
    """The body's media type is not one this operation reads."""

    code = "body.media-type"


class NotAcceptable(NightbellError):
    """The address answers no media type that `Accept` asks for."""

    code = "response.media-type"


class QueryInvalid(NightbellError):
    """A query parameter is unknown or has a value this operation cannot read."""

    code = "query.invalid"


class FieldRefused(NightbellError):
    """A field speaks of what the trial is blind to. Nothing was done or kept, and no field like it is ever to be sent.

    The answer does not say which; a report is never refused for it.
    """

    code = "request.blinded-field"


class ReportConflict(NightbellError):
    """A report with this id was stored before with other answers, and stands; `errors` names where they differ.

    What came now is kept beside it and was judged. Use a new id for a new report, a correction to correct one.
    """

    code = "report.conflict"


class ReportMalformed(NightbellError):
    """The body is not JSON (RFC 8259). It is kept as it came, and what could be read in it was judged.

    Mend the app's request and send the report again under the same id.
    """

    code = "report.malformed"


class TooManyReports(NightbellError):
    """The phone has handed in 500 reports within a day; nothing was stored, and the site was told of the flood."""

    code = "report.too-many"
    retry_safe = True


class TooManyRequests(NightbellError):
    """More was asked for than anybody needs within the time that `RateLimit-Policy` names; wait, and ask again.

    Handing in a report, and taking or answering an alert, are never refused by this.
    """

    code = "request.too-many"
    retry_safe = True

    def __init__(self, detail: str, *, name: str, most: int, window: int, seconds: int) -> None:
        super().__init__(detail)
        self.name, self.most, self.window, self.seconds = name, most, window, seconds


class TooManyStreams(NightbellError):
    """The node serves as many live streams as it can. Read the list meanwhile, and try again, or ask another node."""

    code = "stream.too-many"
    retry_safe = True


class ConsentMissing(NightbellError):
    """The consent that this rests on is not on record, or was taken back."""

    code = "consent.missing"


class SubjectNumberTaken(NightbellError):
    """A participant with this subject number is registered already."""

    code = "participant.exists"


class AdministrationExists(NightbellError):
    """An administration on this date is recorded already."""

    code = "administration.exists"


class DrillRunning(NightbellError):
    """A drill runs at this site already; see how it ends first."""

    code = "drill.running"


class AlertUnanswered(NightbellError):
    """Somebody is waiting: an alert of this site is unanswered, and no drill may ring beside it."""

    code = "drill.alert-unanswered"


class TextsSpent(NightbellError):
    """The phones of the next shift have had today's texts but those kept for emergencies; ask again within 24 hours."""

    code = "drill.texts-spent"


class SiteNotLive(NightbellError):
    """The site may not take participants yet; `errors` lists what is unconfirmed or missing."""

    code = "site.not-live"


class SignatureRefused(NightbellError):
    """The callback does not carry the provider's signature for this URL and body."""

    code = "webhook.signature"


class DatabaseUnavailable(NightbellError):
    """The database cannot be reached, and nothing may have been stored. Send the same request again."""

    code = "database.unavailable"
    retry_safe = True
