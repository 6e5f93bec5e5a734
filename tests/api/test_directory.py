"""Sign-in of staff by a hospital's directory: who gets in, and that nobody needs it to get in."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import jwt
import pytest
from msgspec.structs import replace

from api import directory as asking
from api.directory import Directory, Discovered
from api.oidc_settings import OidcSettings
from api.seed import member
from domain.errors import DirectoryUnavailable
from domain.people import Role
from domain.quota import Quota
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json
from tests.support.directory import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    begin,
    brought,
    by_directory,
    end,
    fresh,
    sign_ins,
)
from tests.support.problems import refused
from tests.support.proof import proof
from tests.support.sites import hire, home

BOB = member("Bob").email


async def test_bob_signs_in_by_the_directory_and_has_what_a_password_gives_him(desk: Clinic) -> None:
    by_password, bob = await desk.staff("Bob"), await by_directory(desk, BOB)
    me = (await bob.get("/v1/staff/me")).json()
    assert me == (await by_password.get("/v1/staff/me")).json()
    assert set(bob.tokens) == set(by_password.tokens)
    rotation = {"refreshToken": bob.tokens["refreshToken"], "deviceId": bob.device_id}
    assert (await desk.http.post("/v1/staff/tokens", json=rotation)).status_code == 201
    assert (me["staffId"], "by the directory") in await sign_ins(desk)
    assert (me["staffId"], "") in await sign_ins(desk)


async def test_what_the_browser_carries_says_who_nobody_is_and_holds_no_secret(desk: Clinic) -> None:
    device_id = str(uuid4())
    begun = await begin(desk, device_id)
    sent = {name: each[0] for name, each in parse_qs(urlsplit(begun["authorizationUrl"]).query).items()}
    assert (sent["response_type"], sent["client_id"]) == ("code", CLIENT_ID)
    assert (sent["code_challenge_method"], sent["prompt"]) == ("S256", "login")
    assert sent["scope"] == "openid email"
    known = desk.demo.edge.directory
    assert known is not None
    verifier = known.states.read(begun["state"], UUID(device_id), machine_now()).verifier
    assert len(verifier) == 43
    for hidden in (verifier, CLIENT_SECRET, device_id, UUID(device_id).hex):
        assert hidden not in str(begun)


async def test_an_email_is_known_however_its_letters_are_written(desk: Clinic) -> None:
    assert (await by_directory(desk, BOB.upper())).tokens["accessToken"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_the_directory_signs_as_it_likes_with_a_key_of_its_own(
    desk: Clinic, gone_astray: Provider, algorithm: str
) -> None:
    kept = gone_astray.algorithm
    gone_astray.algorithm = algorithm
    gone_astray.rotate()
    await by_directory(desk, BOB)
    gone_astray.algorithm = kept
    gone_astray.rotate()


async def test_a_key_that_the_directory_has_made_since_is_asked_for_and_the_old_one_believed_no_more(
    desk: Clinic, gone_astray: Provider
) -> None:
    await by_directory(desk, BOB)
    old = dict(gone_astray.keys)
    gone_astray.rotate()
    await by_directory(desk, BOB)

    def by_the_old(claims: Json) -> str:
        kid, (algorithm, key) = next(iter(old.items()))
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})

    gone_astray.sign = by_the_old
    refused(await end(desk, await brought(desk, BOB)), 401, "directory.refused")


async def test_what_is_known_of_the_directory_is_asked_for_once(desk: Clinic, hospital: Provider) -> None:
    await by_directory(desk, BOB)
    before = len(hospital.asked)
    await by_directory(desk, BOB)
    assert hospital.asked[before:] == ["/token"]


async def test_a_closed_account_is_not_opened_by_the_directory(desk: Clinic) -> None:
    hired = await hire(desk, "Cleo", Role.COORDINATOR, await home(desk))
    cleo = await by_directory(desk, hired.sign_in.email)
    ada = await hire(desk, "Ada", Role.ADMINISTRATOR, await home(desk))
    cleos = (await cleo.get("/v1/staff/me")).json()["staffId"]
    under_way = await brought(desk, hired.sign_in.email)
    path = f"/v1/sites/{(await home(desk)).id}/staff/{cleos}/closing"
    body = {"reason": "she has left", "proof": await proof(desk, ada.sign_in)}
    closed = await ada.person.post(path, body)
    assert closed.is_success, closed.text
    refused(await cleo.get("/v1/tasks"), 401, "token.refused")
    refused(await end(desk, under_way), 401, "directory.refused")


async def test_whoever_is_signed_out_is_signed_out_also_where_the_directory_has_let_her_in(
    desk: Clinic,
) -> None:
    bob = await by_directory(desk, BOB)
    sessions = (await bob.get("/v1/staff/me/sessions")).json()["sessions"]
    (own,) = [each["sessionId"] for each in sessions if each["isThisOne"]]
    assert (await bob.call("DELETE", f"/v1/staff/me/sessions/{own}")).status_code == 204
    refused(await bob.get("/v1/tasks"), 401, "token.refused")


async def test_the_directory_proves_nothing_where_a_password_is_asked_for_again(desk: Clinic) -> None:
    bob = await by_directory(desk, BOB)
    none = {"password": "not his", "totp": "000000"}
    refused(await bob.put("/v1/staff/me/pin", {"pin": "318264", "proof": none}), 403, "proof.refused")


@pytest.mark.parametrize("status", [500, 503, 302, 401, 404])
async def test_a_directory_that_is_away_is_said_so_and_the_password_signs_in(
    desk: Clinic, gone_astray: Provider, status: int
) -> None:
    body = await brought(desk, BOB)
    gone_astray.status = status
    problem = refused(await end(desk, body), 503, "directory.unavailable")
    assert problem["retrySafe"] is True
    fresh(desk)
    answer = await desk.http.post("/v1/staff/directory-sign-ins", json={"deviceId": str(uuid4())})
    refused(answer, 503, "directory.unavailable")
    assert answer.headers["retry-after"] == "5"
    await desk.staff("Bob")


async def test_what_was_brought_while_the_directory_was_away_is_good_when_it_is_back(
    desk: Clinic, gone_astray: Provider
) -> None:
    body = await brought(desk, BOB)
    kept = dict(gone_astray.codes)
    gone_astray.status = 503
    refused(await end(desk, body), 503, "directory.unavailable")
    gone_astray.behave()
    gone_astray.codes = kept
    assert (await end(desk, body)).status_code == 201


async def test_a_directory_that_hangs_keeps_nobody_on_call_from_signing_in(
    desk: Clinic, gone_astray: Provider
) -> None:
    bodies = [await brought(desk, BOB) for _ in range(6)]
    gone_astray.asked.clear()
    gone_astray.hang = asyncio.Event()
    hanging = [asyncio.create_task(end(desk, body)) for body in bodies]
    await gone_astray.is_asked(4)
    await desk.staff("Bob")
    assert not any(each.done() and each.result().status_code == 201 for each in hanging)
    gone_astray.hang.set()
    await asyncio.gather(*hanging)


@pytest.mark.parametrize("bound", ["SECONDS", "ALL_SECONDS"])
async def test_a_directory_that_hangs_is_waited_for_so_long(
    desk: Clinic, gone_astray: Provider, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    body = await brought(desk, BOB)
    for name in ("SECONDS", "ALL_SECONDS"):
        monkeypatch.setattr(asking, name, 0.05 if name == bound else 600.0)
    gone_astray.hang = asyncio.Event()
    refused(await end(desk, body), 503, "directory.unavailable")
    gone_astray.hang.set()


async def test_a_key_that_is_out_of_use_is_believed_only_as_long_as_the_keys_are_kept(
    desk: Clinic, gone_astray: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "KEPT_SECONDS", 0.0)
    fresh(desk)
    await by_directory(desk, BOB)
    kid, (algorithm, key) = next(iter(gone_astray.keys.items()))
    gone_astray.rotate()
    gone_astray.sign = lambda claims: jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})
    refused(await end(desk, await brought(desk, BOB)), 401, "directory.refused")


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_directory_behind_tls_leads_nowhere_without_it(name: str) -> None:
    there = "https://login.example.org"
    settings = OidcSettings(issuer=there, client_id="n", client_secret="s", redirect_url=f"{there}/back")
    where = Discovered(
        issuer=there,
        authorization_endpoint=f"{there}/a",
        token_endpoint=f"{there}/t",
        jwks_uri=f"{there}/k",
        id_token_signing_alg_values_supported=("RS256",),
    )
    known = Directory(settings, bytes(32))
    known._require_ours(where)  # noqa: SLF001 - over real HTTP there is no TLS here
    with pytest.raises(DirectoryUnavailable):
        known._require_ours(replace(where, **{name: "http://login.example.org/x"}))  # noqa: SLF001 - as above


MISLED: dict[str, Json] = {
    "another issuer": {"issuer": "https://another.example.org"},
    "none but shared secrets": {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    "a protocol that is none of the web": {"token_endpoint": "gopher://127.0.0.1/token"},
    "no keys": {"jwks_uri": None},
    "larger than anybody reads": {"more": "x" * 300_000},
}


@pytest.mark.parametrize("document", MISLED.values(), ids=MISLED)
async def test_a_document_that_leads_elsewhere_is_not_followed(
    desk: Clinic, gone_astray: Provider, document: Json
) -> None:
    gone_astray.more_document = document
    fresh(desk)
    answer = await desk.http.post("/v1/staff/directory-sign-ins", json={"deviceId": str(uuid4())})
    refused(answer, 503, "directory.unavailable")


async def test_a_directory_that_wants_the_secret_in_the_form_gets_it_there(
    desk: Clinic, gone_astray: Provider
) -> None:
    gone_astray.more_document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    fresh(desk)
    await by_directory(desk, BOB)
    fresh(desk)


async def test_one_source_can_have_the_directory_asked_so_often_and_signs_in_by_password_still(
    desk: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Quota(name="few-directory", most=2, window=timedelta(hours=1))
    monkeypatch.setattr("api.directory_sign_in.DIRECTORY", few)
    for _ in range(2):
        await by_directory(desk, BOB)
    refused(await end(desk, await brought(desk, BOB)), 429, "request.too-many")
    await desk.staff("Bob")


async def test_without_a_directory_there_is_none(clinic: Clinic) -> None:
    answers = [
        await clinic.http.post("/v1/staff/directory-sign-ins", json={"deviceId": str(uuid4())}),
        await end(clinic, {"code": "c", "state": "s", "deviceId": str(uuid4())}),
    ]
    for answer in answers:
        refused(answer, 404, "not-found")


def test_what_holds_the_secret_does_not_show_it(desk: Clinic) -> None:
    known: Directory | None = desk.demo.edge.directory
    assert known is not None
    shown = repr(known) + repr(desk.demo.edge) + repr(desk.settings) + repr(desk.settings.oidc)
    assert CLIENT_SECRET not in shown
    assert desk.settings.oidc is not None
