"""Codes are not guessed: failures slow where they come from, one after the other on whichever node, and nobody else."""

import asyncio
from uuid import uuid4

import httpx
from msgspec.structs import replace

from api.metrics import exposition
from api.routes.sandbox import new_participant
from api.shapes.sandbox import SeededParticipant, SeedRequest
from domain import activation_code, slowing
from domain.entropy import Entropy
from tests.support.answering import elsewhere, read, wait_out
from tests.support.clinic import Clinic, owner
from tests.support.nodes import another_node
from tests.support.problems import refused, without_id


async def redeem(http: httpx.AsyncClient, code: str, device_id: str = "") -> httpx.Response:
    return await http.post("/v1/activations", json={"code": code, "deviceId": device_id or str(uuid4())})


async def invited(clinic: Clinic) -> SeededParticipant:
    return await new_participant(clinic.demo.sandbox, clinic.demo.edge.mint, SeedRequest())


def guess(number: int) -> str:
    return activation_code.draw(Entropy(number.to_bytes(32, "big")))


async def guess_often(http: httpx.AsyncClient, times: int, begin: int = 0) -> list[int]:
    answers = [await redeem(http, guess(begin + number)) for number in range(times)]
    return [answer.status_code for answer in answers]


async def test_mallory_guesses_and_waits_and_lin_is_let_in_from_elsewhere(clinic: Clinic) -> None:
    seeded = await invited(clinic)
    assert await guess_often(clinic.http, 31) == [403] * 31
    slowed = await redeem(clinic.http, guess(99))
    refused(slowed, 429, "activation.slowed")
    assert slowed.headers["retry-after"] == "1"
    async with elsewhere(clinic) as http:
        assert (await redeem(http, seeded.participant_code)).status_code == 201


async def test_while_an_address_waits_a_right_code_and_a_wrong_one_are_the_same_answer_and_burn_nothing(
    clinic: Clinic,
) -> None:
    seeded = await invited(clinic)
    await guess_often(clinic.http, 31)
    right, wrong = await redeem(clinic.http, seeded.participant_code), await redeem(clinic.http, guess(99))
    assert without_id(right.json()) == without_id(wrong.json())
    assert right.headers["retry-after"] == wrong.headers["retry-after"] == "1"
    await wait_out(clinic, 1)
    assert (await redeem(clinic.http, seeded.participant_code)).status_code == 201


async def test_each_further_failure_costs_twice_as_much_and_a_quarter_of_an_hour_forgets(
    clinic: Clinic,
) -> None:
    await guess_often(clinic.http, 31)
    for begin, waited in enumerate((1, 2, 4)):
        await wait_out(clinic, waited)
        assert await guess_often(clinic.http, 2, 100 + begin) == [403, 429]
    await wait_out(clinic, 15 * 60)
    assert await guess_often(clinic.http, 31, 200) == [403] * 31


async def test_a_code_of_ones_own_clears_nothing(clinic: Clinic) -> None:
    """Whoever has a code that is good could else begin anew after each thirty guesses."""
    seeded, device_id = await invited(clinic), str(uuid4())
    await guess_often(clinic.http, 30)
    for _ in range(2):
        assert (await redeem(clinic.http, seeded.participant_code, device_id)).status_code == 201
    assert await guess_often(clinic.http, 2, 100) == [403, 429]


async def test_slips_of_the_finger_cost_nothing(clinic: Clinic) -> None:
    seeded = await invited(clinic)
    slip = seeded.participant_code[:-1] + ("3" if seeded.participant_code[-1] != "3" else "4")
    answers = [await redeem(clinic.http, slip) for _ in range(40)]
    assert {answer.status_code for answer in answers} == {403}
    assert await clinic.rows("slow_downs") == 0
    assert (await redeem(clinic.http, seeded.participant_code)).status_code == 201


async def test_guesses_at_once_on_two_nodes_are_counted_one_by_one(clinic: Clinic) -> None:
    async with another_node(clinic) as other:
        guesses = [redeem((clinic.http, other.http)[number % 2], guess(number)) for number in range(60)]
        answers = await asyncio.gather(*guesses)
    assert sorted(answer.status_code for answer in answers) == [403] * 31 + [429] * 29


async def test_while_codes_are_guessed_from_everywhere_a_new_address_still_has_its_tries(
    clinic: Clinic,
) -> None:
    seeded = await invited(clinic)
    await guess_often(clinic.http, 1)
    await attack_from_everywhere(clinic)
    async with elsewhere(clinic) as http:
        assert await guess_often(http, 5, 100) == [403] * 4 + [429]
    async with elsewhere(clinic, "127.0.0.3") as http:
        assert (await redeem(http, seeded.participant_code)).status_code == 201


async def attack_from_everywhere(clinic: Clinic) -> None:
    """Let all places but Mallory's own, which has failed once, have seen as many failures as an attack has."""
    connection = await owner(clinic.settings.database_url)
    await connection.execute(
        "update slow_downs set failures = $1 where wait_until is null", slowing.CODES_ATTACKED_AT
    )
    await connection.close()


async def test_the_operator_sees_how_many_codes_were_slips_and_how_many_were_none(clinic: Clinic) -> None:
    trial = replace(clinic.trial)
    await redeem(clinic.http, "AAAA-AAAA-AAAA-AAAA")
    await guess_often(clinic.http, 32)
    shown = (await exposition(trial)).decode()
    for event, count in {"mistyped": 1, "refused": 31, "slowed": 1}.items():
        assert f'nightbell_security_events_total{{event="activation.{event}"}} {count}.0' in shown


async def test_a_camera_that_has_no_app_for_a_code_opens_a_page_that_says_so(clinic: Clinic) -> None:
    for language, words in {"en-GB,en": "Open the app", "zh-CN,zh": "请打开研究团队提供的应用"}.items():
        page = await clinic.http.get("/activate", headers={"Accept-Language": language})
        assert page.status_code == 200
        assert words in read(page)
        assert "script" not in page.text
    assert (await clinic.http.post("/activate")).status_code == 405
