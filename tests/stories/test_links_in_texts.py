"""A link goes only where a country allows one, and only as long as a text has room (trial.md §4)."""

import pytest
from msgspec.structs import replace

from domain.people import ContactKind
from domain.records import attempts, contacts, messages
from domain.records.rows import transaction
from domain.sms import LONGEST_LINK
from notifications import holding, links
from notifications.gateway import OutboundSms
from tests.support.answering import ring
from tests.support.clinic import Clinic


async def composed(clinic: Clinic, prefix: str | None, public_url: str = "") -> OutboundSms:
    """What Bob's page says on a number of this country."""
    await ring(clinic)
    trial = replace(clinic.demo.sandbox.worker, public_url=public_url or clinic.trial.public_url)
    async with transaction(trial.pool) as connection:
        message_id = await connection.fetchval("select id from messages")
        held, message = (
            await holding.hold(trial, connection, message_id),
            await messages.find(connection, message_id),
        )
        (attempt,) = await attempts.of_message(connection, message_id)
        assert held is not None
        assert message is not None
        known = await contacts.of_staff(connection, message.staff_id, ContactKind.PHONE)
    assert known is not None
    sms = holding.compose(trial, held, attempt, replace(known, prefix=prefix))
    assert sms is not None
    return sms


@pytest.mark.parametrize(
    ("prefix", "has_link"), [("+1", True), ("+44", True), ("+86", False), ("+8613", False), (None, False)]
)
async def test_a_link_goes_where_the_country_allows_one(
    clinic: Clinic, prefix: str | None, has_link: bool
) -> None:
    sms = await composed(clinic, prefix)
    assert ("/a/" in sms.body) is has_link
    assert sms.template == ("sms.emergency.link" if has_link else "sms.emergency")
    assert ("link" in sms.parameters) is has_link


@pytest.mark.parametrize(("characters", "has_link"), [(40, True), (41, False)])
async def test_a_server_with_a_long_address_rings_without_links(
    clinic: Clinic, characters: int, has_link: bool
) -> None:
    sms = await composed(clinic, "+1", "https://".ljust(characters, "b"))
    assert sms.template == ("sms.emergency.link" if has_link else "sms.emergency.reply")
    assert len(sms.parameters.get("link", "")) == (LONGEST_LINK if has_link else 0)


async def test_a_text_that_is_sent_again_carries_the_same_link_and_ends_in_no_mark(clinic: Clinic) -> None:
    sms = await composed(clinic, "+1")
    token = sms.parameters["link"].rpartition("/")[2]
    message_id = links.message_in(clinic.trial.vault, token)
    assert message_id is not None
    assert links.token_of(clinic.trial.vault, message_id) == token
    assert token[-1].isalnum()
