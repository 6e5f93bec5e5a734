"""What the schemas of the contract cannot say, by operation, so that a stranger's valid request may be refused for it.

A schema knows no today, no rota and no clock of a phone. Each line names the place of the request that may be refused
(a JSON pointer, or the name of a query parameter; a regular expression for the whole of it) and why it cannot be said.
"""

from collections.abc import Mapping

_CURSOR = {"cursor": "a place in a list that only the list itself gives out"}
_NOT_YET = "what has not happened cannot be recorded, and a schema knows no today"
_HOURS = {
    "from": "an end must be later than its beginning",
    "to": "an end must be later than its beginning, and not too far away",
}
_RINGS_IN_TIME = (
    "a policy rings in time, somebody of the site, and the principal investigator in the end (trial.md §3)"
)
_ZONE = "the names of time zones are the IANA data base's, and change with it"
_ROTA = "whoever is on call works here, in hours that are ahead of us, of which no two rows say the same"

SAYS_MORE: Mapping[str, Mapping[str, str]] = {
    "updateAccount": {
        "/reminderHour": "the hours of reminders are the protocol's, and may change with it",
        "/timeZone": _ZONE,
    },
    "issueActivationCode": {"/timeZone": _ZONE},
    "listReport": _CURSOR,
    "listParticipant": _CURSOR,
    "listParticipantReport": _CURSOR,
    "listSiteSchedule": _CURSOR,
    "listAlert": _CURSOR,
    "listDrill": _CURSOR,
    "listEventCandidate": _CURSOR,
    "listTask": _CURSOR,
    "listAudit": {**_CURSOR, **_HOURS},
    "listReminder": _HOURS,
    "readRota": _HOURS,
    "recordAdministration": {"/givenOn": _NOT_YET},
    "correctAdministration": {"/givenOn": _NOT_YET},
    "recordSmsConsent": {"/consentedOn": _NOT_YET},
    "recordConsent": {"/consentedOn": _NOT_YET},
    "recordComplication": {"/occurredOn": _NOT_YET},
    "endParticipant": {"/endedOn": _NOT_YET},
    "recordVisit": {
        "/completedOn": _NOT_YET,
        "/targetDate": "a visit is put off to a day from today on, within 366 days",
    },
    "replaceEscalationPolicy": {r"/(emergency|urgent|providers).*": _RINGS_IN_TIME},
    "replaceRota": {r"/shifts.*": _ROTA},
    "overrideRota": {r"/(staffId|startsAt|endsAt|tier)": _ROTA},
    "swapRota": {r"/(shiftId|otherShiftId)": _ROTA},
    "importRota": {r".*": _ROTA},
    "moveClock": {"/advance": "one move is 400 days at most, in whichever units they are given"},
    "seedParticipant": {
        r"/state/missed(CheckIns|Visits)": "no more can be missed than lies behind the week",
        "/namedState": "the names are those of `GET /sandbox/states`, and one goes without a state",
        "/daysSinceAdministration": "with a state it is a few days on top of the week",
    },
    "scriptProvider": {r"(/\d+)?": "some kinds of fault need a code of the provider's"},
}

SAYS_NO: Mapping[str, Mapping[str, str]] = {
    "registerParticipant": {"phase.unknown": "the phases are the protocol's"},
    "setPin": {"pin.trivial": "no schema can say what is guessed first"},
    "setPassword": {"password.weak": "no schema can say what is guessed first"},
    "acceptStaffInvitation": {"password.weak": "no schema can say what is guessed first"},
    "importRota": {"body.malformed": "what a calendar is, RFC 5545 says"},
}
"""By operation and code: refusals that point at no place."""

UNCHECKED: Mapping[str, Mapping[str, str]] = {
    "streamAlert": {
        "response_schema_conformance": "OpenAPI 3.1 knows a stream as one text; the checker reads events",
    },
    "takeInbound": {
        "negative_data_rejection": "a text is taken whatever else its form says: the provider would not send it again",
    },
    "pushReceipt": {
        "negative_data_rejection": "what is no report hides no other, and is passed over: it would be pushed for ever",
    },
    "readyHealth": {"not_a_server_error": "503 is the answer that the operation is there to give"},
    "safetyHealth": {"not_a_server_error": "503 is the answer that the operation is there to give"},
}
"""Checks that cannot hold, by operation."""
