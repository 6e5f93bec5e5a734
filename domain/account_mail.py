"""What a member of staff is told about her own account, by mail. It names nobody and has no link."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from domain import mailing
from domain.decision import Change, Context, Decision
from domain.mailing import Mail, Reader
from domain.people import Site, Staff
from domain.protocol.schema import Protocol

INVITED = "mail.invitation"
RECOVERED = "mail.recovery-code"
FAILURES = "mail.sign-in-failures"

HOLDS = timedelta(hours=72)
"""After that it helps nobody; as long as an invitation is good."""


def tell(
    person: Staff,
    site: Site,
    template: str,
    numbers: Mapping[str, int],
    notice_id: UUID,
    protocol: Protocol,
    context: Context,
) -> Decision:
    """Tell somebody about her own account, in her language."""
    mail = Mail(template=template, numbers=numbers, lines=(), valid_until=context.now + HOLDS)
    reader = Reader(staff_id=person.id, language=person.language, is_working=False, is_principal=False)
    notice = mailing.to_reader(mail, notice_id, reader, site, protocol, context)
    return context.decide("notice.make", (Change(notice),), site_id=site.id)
