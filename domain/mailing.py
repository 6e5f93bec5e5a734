"""Mail to the people of a site: who reads it, and the notice that carries it. It names nobody and has no link."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain.decision import Context
from domain.delivery import MessageState, Notice
from domain.people import Site
from domain.protocol.routes import Channel
from domain.protocol.schema import Protocol
from domain.task import TaskKind
from domain.texts import best_language, say


class Reader(Struct, frozen=True, kw_only=True):
    """Somebody at a site with an address on file."""

    staff_id: UUID
    language: str
    is_working: bool
    """She works on the list: a coordinator or an investigator."""
    is_principal: bool


class Counted(Struct, frozen=True):
    """How many tasks of a kind a mail speaks of."""

    kind: TaskKind
    count: int


class Mail(Struct, frozen=True, kw_only=True):
    """What a mail says: the text `<template>.subject` and `.body`, filled with numbers and a line for each kind."""

    template: str
    numbers: Mapping[str, int]
    lines: tuple[Counted, ...]
    valid_until: datetime


def to_reader(
    mail: Mail, notice_id: UUID, reader: Reader, site: Site, protocol: Protocol, context: Context
) -> Notice:
    """Return the notice that carries a mail to one reader, in her language."""
    language = best_language(reader.language, protocol.texts)
    lines = (
        f"{say(protocol, language, f'mail.kind.{each.kind}')}: {each.count}"
        for each in mail.lines
        if each.count
    )
    return Notice(
        id=notice_id,
        site_id=site.id,
        staff_id=reader.staff_id,
        template=mail.template,
        language=language,
        parameters={"list": "\n".join(lines), **{name: str(count) for name, count in mail.numbers.items()}},
        state=MessageState.PENDING,
        attempts=0,
        created_at=context.now,
        due_at=context.now,
        # No receipt ever comes, and nobody can be asked: a lost answer is given up at once.
        receipt_within=timedelta(),
        channel=Channel.EMAIL,
        valid_until=mail.valid_until,
    )
