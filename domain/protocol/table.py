"""What every table of a protocol file is decoded into."""

from msgspec import Struct


class Table(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """A TOML table with kebab-case keys; a key nobody knows is a fault, for it would silently do nothing."""
