"""A provider of SMS for tests, the demo and the sandbox: twilio-python works against it but for the base URL."""

from notifications.emulator.emulator import Emulator
from notifications.emulator.faults import Fault, FaultKind
from notifications.emulator.messages import PhoneMessage

__all__ = ["Emulator", "Fault", "FaultKind", "PhoneMessage"]
