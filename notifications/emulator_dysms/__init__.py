"""Dysms for tests, the demo and the sandbox: its library works against it but for the address."""

from notifications.emulator_dysms.emulator import DysmsEmulator

__all__ = ["DysmsEmulator"]
