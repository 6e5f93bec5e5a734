"""Identity is sealed for one row: moved, changed or opened with another key it does not open."""

from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from domain.people import ContactKind
from domain.records.sealing import Vault
from tests.support.clinic import Clinic, owner

ROW, OTHER_ROW, STAFF = (UUID(int=number) for number in (1, 2, 3))
OLD = Vault(keys={"k1": bytes(32)}, current="k1", index_key=bytes(range(32)))
NEW = Vault(keys={"k2": bytes([2] * 32), "k1": bytes(32)}, current="k2", index_key=bytes(range(32)))
PHONE = "+8619900000002"


def test_what_was_sealed_opens_for_its_row() -> None:
    sealed = OLD.seal(PHONE, ROW, "phone")
    assert OLD.open(sealed.key_id, sealed.data, ROW, "phone") == PHONE
    assert PHONE.encode() not in sealed.data


def test_it_does_not_open_for_another_row_or_another_kind() -> None:
    sealed = OLD.seal(PHONE, ROW, "phone")
    for row, kind in ((OTHER_ROW, "phone"), (ROW, "email")):
        with pytest.raises(InvalidTag):
            OLD.open(sealed.key_id, sealed.data, row, kind)


def test_a_changed_byte_does_not_open() -> None:
    sealed = OLD.seal(PHONE, ROW, "phone")
    for place in range(len(sealed.data)):
        changed = bytearray(sealed.data)
        changed[place] ^= 1
        with pytest.raises(InvalidTag):
            OLD.open(sealed.key_id, bytes(changed), ROW, "phone")


def test_one_number_sealed_twice_looks_different_and_is_found_by_one_index() -> None:
    first, second = (OLD.contact_of_staff(row, STAFF, ContactKind.PHONE, PHONE) for row in (ROW, OTHER_ROW))
    assert first.sealed != second.sealed
    assert first.blind_index == second.blind_index


def test_an_email_is_found_however_its_letters_are_written_and_is_no_phone() -> None:
    email = OLD.index(ContactKind.EMAIL, "bob@example.org")
    assert OLD.index(ContactKind.EMAIL, " Bob@Example.ORG ") == email
    assert OLD.index(ContactKind.PHONE, "bob@example.org") != email


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old = OLD.contact_of_staff(ROW, STAFF, ContactKind.PHONE, PHONE)
    new = NEW.contact_of_staff(ROW, STAFF, ContactKind.PHONE, PHONE)
    assert (old.key_id, new.key_id) == ("k1", "k2")
    assert NEW.open_contact(old) == NEW.open_contact(new) == PHONE


async def test_no_phone_or_email_of_the_cast_lies_open_in_any_table(clinic: Clinic, clinic_url: str) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    connection = await owner(clinic_url)
    for table in await clinic.everything():
        rows = await connection.fetch(f"select t::text as row from {table} as t")  # noqa: S608 - a test's own words
        text = "".join(row["row"] for row in rows)
        for plain in ("19900000002", "bob@example.org"):
            assert plain not in text, table
            assert plain.encode().hex() not in text, table
    await connection.close()
