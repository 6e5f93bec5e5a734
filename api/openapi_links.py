"""What can be done next with what an answer gives (OpenAPI 3.1 §4.8.20): the document's own road from call to call."""

from collections.abc import Mapping

from api.openapi_schemas import Schema

_PARTICIPANT = {"participantId": "$response.body#/participantId"}
_REPORT = {"reportId": "$request.path.reportId"}
_OF_A_PARTICIPANT = (
    "readParticipant",
    "recordAdministration",
    "issueActivationCode",
    "listDevice",
    "listConsent",
    "recordConsent",
    "withdrawConsent",
    "recordPhoneNumber",
    "removePhoneNumber",
    "recordSmsConsent",
    "withdrawSmsConsent",
    "recordComplication",
    "readParticipantSchedule",
    "listParticipantReport",
    "endParticipant",
)

LINKS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "participant.register": dict.fromkeys(_OF_A_PARTICIPANT, _PARTICIPANT),
    "report.submit": {"readReport": _REPORT, "correctReport": _REPORT},
    "drill.start": {
        "readDrill": {"siteId": "$request.path.siteId", "drillId": "$response.body#/drillId"},
        "listDrill": {"siteId": "$request.path.siteId"},
    },
}
"""By the name of the operation: the id of the next one → the places of its path, and where the words for them are."""


def links_of(name: str) -> Schema:
    """Return the links of an operation's answers, by the id of what comes next; nothing where there are none."""
    named = {
        each: {"operationId": each, "parameters": dict(where)} for each, where in LINKS.get(name, {}).items()
    }
    return {"links": named} if named else {}
