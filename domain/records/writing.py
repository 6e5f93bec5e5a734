"""The right to write. A table's writers take a `Writing`, and only `domain.records.write` makes one."""

from msgspec import Struct

from domain.records.rows import Connection


class Writing(Struct, frozen=True):
    """A connection inside a transaction whose decision has been put into the audit trail."""

    connection: Connection
