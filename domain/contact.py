"""What it means to have reached the patient (trial.md §3)."""

from enum import StrEnum


class ContactOutcome(StrEnum):
    """How the patient was reached; only a contact that happened is one."""

    SPOKE_WITH_PARTICIPANT = "spoke-with-participant"
    SPOKE_WITH_CAREGIVER = "spoke-with-caregiver"
    IN_CARE = "in-care"
