"""What is not signed, and what somebody has made up, is named; and nothing of it ends the proof."""

from datetime import timedelta

import msgspec
import pytest

from domain.checkpoint import Checkpoint
from domain.records import checkpoints
from domain.records.rows import Connection
from tests.support import signed_trail
from tests.support.audit import NOTARY, proved
from tests.support.signed_trail import COLUMNS, Signed, edited, named, rewrite

signed, hand, outside = signed_trail.signed, signed_trail.hand, signed_trail.outside
"""Fixtures of the trail."""


@pytest.mark.parametrize(
    "since", ["'infinity'", "now() + interval '1 hour'", "now() - interval '11 minutes'"]
)
async def test_a_mark_that_lets_a_chain_wait_for_ever_is_named_and_what_waits_is_counted(
    hand: Connection, signed: Signed, since: str
) -> None:
    """And whoever set the mark has taken away what had signed the chain."""
    await hand.execute("delete from audit_checkpoints where number = 3")
    await hand.execute(f"update audit_heads set moved_at = {since} where chain = $1", signed.chain)  # noqa: S608 - a test's own words
    assert f"{signed.chain} #{signed.first + 1}" in await named(hand)
    assert (await proved(hand)).unsigned >= signed.second - signed.first


async def test_an_entry_that_is_older_than_the_last_checkpoint_and_not_signed_is_named(
    hand: Connection, signed: Signed
) -> None:
    """Whatever the marks say: somebody has put in today what is said to have been an hour ago."""
    place = signed.second + 1
    body = msgspec.json.decode(await edited(hand, signed.chain, signed.second))
    body["at"] = "2026-01-01T00:00:00Z"
    await hand.execute(
        f"insert into audit_entries ({COLUMNS}) select chain, $2::bigint, body, hash, action, '2026-01-01 00:00+00', "  # noqa: S608 - a test's own words
        "site_id, participant_id from audit_entries where chain = $1 and position = $2::bigint - 1",
        signed.chain,
        place,
    )
    await hand.execute(
        "update audit_heads set position = $2, moved_at = now() where chain = $1", signed.chain, place
    )
    await rewrite(hand, signed.chain, place, msgspec.json.encode(body))
    assert await named(hand) == {f"{signed.chain} #{place}"}


@pytest.mark.parametrize("moment", ["at - interval '1 day'", "'infinity'"])
async def test_a_checkpoint_dated_otherwise_than_it_was_signed_is_named_and_signing_goes_on(
    hand: Connection, moment: str
) -> None:
    await hand.execute("alter table audit_checkpoints drop constraint audit_checkpoints_at_check")
    await hand.execute(f"update audit_checkpoints set at = {moment} where number = 3")  # noqa: S608 - a test's own words
    assert await named(hand) == {"checkpoint #3"}
    async with hand.transaction():
        assert await checkpoints.sign_what_moved(hand, NOTARY) is None
        assert await checkpoints.sign_what_moved(hand, NOTARY, every=timedelta()) is not None


@pytest.mark.parametrize(
    "head",
    [
        f'["system",{10**30},""]',
        f'["system",{2**63},""]',
        r'["sys\u0000tem",1,""]',
        r'["\ud800",1,""]',
        '["system",1.5,""]',
        '["system",-9223372036854775808,""]',
        "7",
    ],
)
async def test_no_checkpoint_that_somebody_made_up_ends_the_proof(
    hand: Connection, outside: tuple[Checkpoint, ...], signed: Signed, head: str
) -> None:
    """A broken chain is named all the same, and so is the checkpoint."""
    made_up = NOTARY.sign(
        3, f'{{"number":3,"at":"2026-11-28T00:00:00Z","previous":"","heads":[{head}]}}'.encode()
    )
    await hand.execute(
        "update audit_checkpoints set body = $1, signature = $2 where number = 3", *_of(made_up)
    )
    await hand.execute("update audit_entries set body = '{}' where chain = $1 and position = 2", signed.chain)
    found = await named(hand, (*outside[:2], made_up))
    assert {"checkpoint #3", f"{signed.chain} #2"} <= found


def _of(checkpoint: Checkpoint) -> tuple[bytes, bytes]:
    return checkpoint.body, checkpoint.signature


async def test_checkpoints_that_cannot_be_read_at_all_keep_no_fault_of_a_chain_back(
    hand: Connection, signed: Signed
) -> None:
    await hand.execute("update audit_entries set body = '{}' where chain = $1 and position = 2", signed.chain)
    await hand.execute("alter table audit_checkpoints rename column signature to signed")
    assert {"the checkpoints", f"{signed.chain} #2"} <= await named(hand)


async def test_a_file_without_a_checkpoint_is_a_fault_and_no_file_is_none(hand: Connection) -> None:
    assert await named(hand, ()) == {"the file outside"}
    assert await named(hand) == set()
