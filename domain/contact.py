"""What it means to have reached the patient (trial.md §3), and what became of an alert in the end."""

from enum import StrEnum


class ContactOutcome(StrEnum):
    """How the patient was reached; only a contact that happened is one."""

    SPOKE_WITH_PARTICIPANT = "spoke-with-participant"
    SPOKE_WITH_CAREGIVER = "spoke-with-caregiver"
    IN_CARE = "in-care"


class Disposition(StrEnum):
    """What became of it, in the words of whoever resolves the alert; a list of ours, to be confirmed by the trial.

    It says where the matter went, and judges nothing: whether it was an adverse event is the investigator's to say.
    """

    ADMITTED = "admitted"
    EMERGENCY_DEPARTMENT = "emergency-department"
    SEEN_AT_SITE = "seen-at-site"
    ADVISED = "advised"
    ALREADY_IN_CARE = "already-in-care"
    DIED = "died"
    NO_EVENT = "no-event"
