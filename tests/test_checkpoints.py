"""What a worker signs every five minutes: nobody with every right to the database changes what is older unseen."""

from datetime import timedelta

import msgspec
import pytest

from domain.checkpoint import Checkpoint
from domain.records import checkpoints, proof
from domain.records.notary import Notary
from domain.records.rows import Connection
from tests.support import signed_trail
from tests.support.audit import NOTARY, proved
from tests.support.signed_trail import COLUMNS, Signed, edited, named, rewrite

signed, hand, outside = signed_trail.signed, signed_trail.hand, signed_trail.outside
"""Fixtures of the trail."""


async def test_what_nobody_has_touched_is_proved(hand: Connection, outside: tuple[Checkpoint, ...]) -> None:
    found = await proved(hand, outside)
    assert found.faults == ()
    assert (found.signed, found.outside) == (3, 3)


async def test_a_rewritten_suffix_whose_hashes_all_fit_is_named_by_its_first_checkpoint(
    hand: Connection, signed: Signed
) -> None:
    await rewrite(hand, signed.chain, 2, await edited(hand, signed.chain, 2))
    (fault,) = (await proved(hand)).faults
    assert fault.pointer == f"{signed.chain} #1"
    assert fault.message == f"was rewritten: checkpoint #2 signed another to #{signed.first}"


async def test_of_what_was_signed_later_nothing_earlier_is_suspected(
    hand: Connection, signed: Signed
) -> None:
    await rewrite(hand, signed.chain, signed.second, await edited(hand, signed.chain, signed.second))
    assert await named(hand) == {f"{signed.chain} #{signed.first + 1}"}


async def test_entries_cut_off_together_with_their_head_are_named(hand: Connection, signed: Signed) -> None:
    await hand.execute(
        "delete from audit_entries where chain = $1 and position > $2", signed.chain, signed.first
    )
    await hand.execute(
        """
        update audit_heads as head set position = entry.position, hash = entry.hash
        from audit_entries as entry where head.chain = $1 and entry.chain = $1 and entry.position = $2
        """,
        signed.chain,
        signed.first,
    )
    (fault,) = (await proved(hand)).faults
    assert fault.pointer == f"{signed.chain} #{signed.first + 1}"
    assert fault.message.startswith("was removed: checkpoint #3")


async def test_a_whole_chain_that_is_gone_with_its_head_is_named(hand: Connection, signed: Signed) -> None:
    for table in ("audit_entries", "audit_heads"):
        await hand.execute(f"delete from {table} where chain = $1", signed.chain)  # noqa: S608 - a test's own words
    assert await named(hand) == {f"{signed.chain} #1"}


async def test_an_entry_put_in_between_with_all_hashes_made_anew_is_named(
    hand: Connection, signed: Signed
) -> None:
    await hand.execute(
        "update audit_entries set position = -position - 1 where chain = $1 and position > 2", signed.chain
    )
    await hand.execute(
        "update audit_entries set position = -position where chain = $1 and position < 0", signed.chain
    )
    await hand.execute(
        f"insert into audit_entries ({COLUMNS}) select chain, 3, body, hash, action, at, site_id, participant_id "  # noqa: S608 - a test's own words
        "from audit_entries where chain = $1 and position = 2",
        signed.chain,
    )
    await hand.execute("update audit_heads set position = position + 1 where chain = $1", signed.chain)
    await rewrite(hand, signed.chain, 3, await edited(hand, signed.chain, 3))
    assert await named(hand) == {f"{signed.chain} #1"}


async def test_two_entries_that_changed_places_with_all_hashes_made_anew_are_named(
    hand: Connection, signed: Signed
) -> None:
    for before, after in ((2, -1), (3, 2), (-1, 3)):
        await hand.execute(
            "update audit_entries set position = $3 where chain = $1 and position = $2",
            signed.chain,
            before,
            after,
        )
    await rewrite(hand, signed.chain, 0, b"")
    assert await named(hand) == {f"{signed.chain} #1"}


@pytest.mark.parametrize(
    "column", ["action = 'site.add'", "at = at - interval '1 day'", "participant_id = null"]
)
async def test_a_column_that_says_another_thing_than_its_body_is_named(
    hand: Connection, signed: Signed, column: str
) -> None:
    await hand.execute(
        f"update audit_entries set {column} where chain = $1 and position = 2",  # noqa: S608 - a test's own words
        signed.chain,
    )
    (fault,) = (await proved(hand)).faults
    assert fault.pointer == f"{signed.chain} #2"
    assert fault.message == f"does not fit its body: {column.split(maxsplit=1)[0]}"


async def test_a_checkpoint_that_was_edited_is_named(hand: Connection) -> None:
    await hand.execute(
        "update audit_checkpoints set body = replace(convert_from(body, 'utf8'), '#', '')::bytea || ' '"
    )
    assert {"checkpoint #1", "checkpoint #2", "checkpoint #3"} <= await named(hand)


async def test_a_checkpoint_that_somebody_else_has_signed_is_named(hand: Connection, signed: Signed) -> None:
    await rewrite(hand, signed.chain, signed.second, await edited(hand, signed.chain, signed.second))
    forged = await forge(hand, signed.chain, Notary({"demo": b"\x08" * 32}))
    assert forged.number == 3
    assert await named(hand) == {"checkpoint #3", f"{signed.chain} #{signed.first + 1}"}


async def forge(connection: Connection, chain: str, notary: Notary) -> Checkpoint:
    """Sign the last checkpoint again, with the chain as it was rewritten."""
    last = await checkpoints.newest(connection)
    assert last is not None
    body = msgspec.json.decode(last.body)
    fresh = await connection.fetchval("select encode(hash, 'hex') from audit_heads where chain = $1", chain)
    body["heads"] = [[name, place, fresh if name == chain else known] for name, place, known in body["heads"]]
    forged = notary.sign(last.number, msgspec.json.encode(body))
    await connection.execute(
        "update audit_checkpoints set body = $2, signature = $3 where number = $1",
        forged.number,
        forged.body,
        forged.signature,
    )
    return forged


async def test_a_checkpoint_signed_by_a_stolen_key_is_another_than_the_one_outside(
    hand: Connection, signed: Signed, outside: tuple[Checkpoint, ...]
) -> None:
    await rewrite(hand, signed.chain, signed.second, await edited(hand, signed.chain, signed.second))
    await forge(hand, signed.chain, NOTARY)
    assert await named(hand) == set()
    assert await named(hand, outside) == {"checkpoint #3", f"{signed.chain} #{signed.first + 1}"}


async def test_a_checkpoint_that_is_missing_between_others_is_named(hand: Connection) -> None:
    await hand.execute("delete from audit_checkpoints where number = 2")
    assert "checkpoint #2" in await named(hand)


async def test_the_last_checkpoint_removed_with_all_that_it_signed_is_found_by_the_copy_outside(
    hand: Connection, signed: Signed, outside: tuple[Checkpoint, ...]
) -> None:
    """By the marks as well, unless whoever it was has thought of them."""
    await hand.execute("delete from audit_checkpoints where number = 3")
    assert f"{signed.chain} #{signed.first + 1}" in await named(hand)
    await hand.execute("update audit_heads set moved_at = now()")
    await rewrite(hand, signed.chain, signed.second, await edited(hand, signed.chain, signed.second))
    assert await named(hand) == set()
    assert await named(hand, outside) == {"checkpoint #3", f"{signed.chain} #{signed.first + 1}"}


async def test_a_mark_that_keeps_a_chain_from_being_signed_is_named(hand: Connection) -> None:
    await hand.execute(
        "insert into audit_heads (chain, position, hash, moved_at) values ('site/x', 1, '', null)"
    )
    assert "site/x #1" in await named(hand)


async def test_a_new_key_signs_and_the_old_one_still_verifies(hand: Connection) -> None:
    both = Notary({"new": b"\x09" * 32, "demo": b"\x07" * 32})
    async with hand.transaction():
        checkpoint = await checkpoints.sign_what_moved(hand, both, every=timedelta())
    assert checkpoint is not None
    assert (checkpoint.number, checkpoint.key_id) == (4, "new")
    assert (await proof.prove(hand, both.witness())).faults == ()
    assert await named(hand) == {"checkpoint #4"}


async def test_a_line_taken_out_of_the_file_is_named(
    hand: Connection, outside: tuple[Checkpoint, ...]
) -> None:
    assert await named(hand, (outside[0], outside[2])) == {"checkpoint #2"}
