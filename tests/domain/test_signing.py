"""What is signed, and what a signature is bound to: the same version has the same hash, any other has another."""

import pytest
from msgspec.structs import replace

from domain import signing
from domain.acts import ActKind, note_of_resolution
from domain.answering import act
from domain.contact import Disposition
from domain.errors import NotEntitled, PreconditionFailed
from domain.escalation import Alert, AlertState
from domain.people import Role
from domain.protocols import RecordedProtocol
from domain.signature import STATEMENTS, Meaning, Signature, fault_of, hash_of
from tests.support.alerts import NOON, OTHER_SITE, an_alert, answer, context, staff
from tests.support.protocol import shipped, shipped_files


def resolved(**changes: object) -> Alert:
    away = replace(
        an_alert(state=AlertState.CONTACTED),
        state=AlertState.RESOLVED,
        resolved_by=staff("Bob").id,
        resolved_at=NOON,
        disposition=Disposition.ADMITTED,
    )
    return replace(away, **changes)


def signed(note: str = "") -> Signature:
    read = signing.of_alert(an_alert(state=AlertState.CONTACTED), ())
    return signing.sign_resolution(resolved(), read, (), note, staff("Bob"), context(NOON))


def kept() -> RecordedProtocol:
    files = {name: content.decode() for name, content in shipped_files().items()}
    return RecordedProtocol(
        digest=shipped().digest, version="1", rule_set_version=3, files=files, recorded_at=NOON
    )


def test_every_meaning_has_its_sentence() -> None:
    assert set(STATEMENTS) == set(Meaning)


def test_a_resolution_names_its_signer_its_meaning_its_time_and_the_version_that_was_read() -> None:
    signature = signed()
    assert (signature.name, signature.role, signature.signed_at) == ("Bob", Role.INVESTIGATOR, NOON)
    assert signature.statement == STATEMENTS[signature.meaning]
    assert signature.record_version == signing.of_alert(an_alert(state=AlertState.CONTACTED), ()).sha256
    assert signature.record_hash == signing.of_alert(resolved(), ()).sha256 != signature.record_version
    assert fault_of(signature, signing.of_alert(resolved(), ())) == ""


def test_when_it_rings_next_is_no_part_of_what_is_signed() -> None:
    assert signing.of_alert(resolved(), ()) == signing.of_alert(resolved(due_at=NOON, step=2), ())


@pytest.mark.parametrize(
    "changed",
    [
        {"disposition": Disposition.NO_EVENT},
        {"round": 7},
        {"signals": ()},
        {"resolved_by": None},
        {"state": AlertState.CONTACTED},
    ],
    ids=lambda each: next(iter(each)),
)
def test_whatever_else_of_an_alert_is_another_is_another_record(changed: dict[str, object]) -> None:
    found = signing.of_alert(resolved(**changed), ())
    assert "does not fit its record" in fault_of(signed(), found)


def test_the_note_is_signed_as_well() -> None:
    assert fault_of(signed("Calls again."), signing.of_alert(resolved(), (), "Calls again.")) == ""
    assert fault_of(signed("Calls again."), signing.of_alert(resolved(), (), "Never calls."))


def test_only_the_note_of_the_resolution_counts() -> None:
    acts = [
        act(resolved(), kind, answer(staff("Bob")), context(NOON), note=note)
        for kind, note in ((ActKind.CONTACT, "first"), (ActKind.RESOLVE, "last"))
    ]
    assert note_of_resolution(acts) == "last"
    assert note_of_resolution(acts[:1]) == ""


def test_a_version_that_was_not_read_is_not_signed() -> None:
    alert = an_alert(state=AlertState.CONTACTED)
    now = signing.of_alert(alert, ())
    assert signing.require_version(now.sha256, alert, ()) == now
    with pytest.raises(PreconditionFailed):
        signing.require_version(now.sha256, replace(alert, round=2), ())


def test_nobody_of_another_site_signs() -> None:
    zoe = replace(staff("Bob"), roles=tuple(replace(each, site_id=OTHER_SITE) for each in staff("Bob").roles))
    with pytest.raises(NotEntitled):
        signing.sign_resolution(resolved(), signing.of_alert(resolved(), ()), (), "", zoe, context(NOON))


@pytest.mark.parametrize("changed", [{"name": "Dana"}, {"role": Role.MONITOR}, {"statement": "No."}])
def test_a_signature_that_says_something_else_is_not_as_it_was_given(changed: dict[str, object]) -> None:
    forged = replace(signed(), **changed)
    assert "not as it was given" in fault_of(forged, signing.of_alert(resolved(), ()))
    assert hash_of(forged) != forged.hash


def test_a_protocol_is_signed_by_its_digest_and_its_rules_by_their_file() -> None:
    approval = signing.sign_approval(kept(), staff("Frank"), context(NOON))
    release = signing.sign_release(kept(), staff("Frank"), context(NOON))
    assert (approval.record_hash, approval.record_id) == (shipped().digest, shipped().digest)
    assert (release.record_id, release.record_version) == (shipped().digest, "3")
    texts = {**kept().files, "texts-en.toml": kept().files["texts-en.toml"] + " "}
    other = replace(kept(), files=texts)
    assert fault_of(approval, signing.of_protocol(other))
    assert fault_of(release, signing.of_rule_set(other)) == ""
    rules = replace(kept(), files={**kept().files, "rules.toml": kept().files["rules.toml"] + " "})
    assert fault_of(release, signing.of_rule_set(rules))
    assert "gone" in fault_of(release, None)
