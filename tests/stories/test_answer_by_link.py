"""A link in a text: whoever opens it sees what rings, and only its recipient's PIN takes it (contract.md, Pages)."""

import asyncio
import re

import pytest

from tests.support.answering import (
    ABROAD,
    acts,
    asks_for_a_pin,
    code_in,
    entry,
    links_of,
    move_abroad,
    read,
    ring,
    standing,
)
from tests.support.clinic import Clinic
from tests.support.neutral import telling
from tests.support.watch import page_of, take


@pytest.fixture
async def abroad(clinic: Clinic) -> Clinic:
    """A clinic whose Bob and Dana have numbers that may get links."""
    await move_abroad(clinic, "Bob", "Dana")
    return clinic


async def test_previews_of_bobs_link_change_nothing_and_his_pin_takes_it(abroad: Clinic) -> None:
    _, caregiver = await abroad.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await abroad.settle()
    (link,) = links_of(abroad, "Bob")
    before = await abroad.everything()

    for method in ("GET", "HEAD", "OPTIONS") * 7:
        looked = await abroad.http.request(method, link)
        assert looked.status_code in {200, 204}
    assert await abroad.everything() == before

    wrong = await abroad.http.post(link, data=entry("Dana"))
    assert (wrong.status_code, asks_for_a_pin(wrong)) == (422, True)
    assert "PIN不正确" in read(wrong)
    assert await standing(abroad) == [("open", 1, None)]

    taken = await abroad.http.post(link, data=entry("Bob"))
    assert (taken.status_code, asks_for_a_pin(taken)) == (200, False)
    assert "您已接手" in read(taken)
    assert await standing(abroad) == [("acknowledged", 1, "Bob")]
    assert await acts(abroad) == [("Bob", "acknowledge", "link")]
    assert (await page_of(caregiver))["status"] == "seen-by-doctor"


async def test_danas_link_then_says_that_bob_has_it_and_takes_nothing(abroad: Clinic) -> None:
    await ring(abroad, minutes=10)
    (bobs, *_), (danas, *_) = links_of(abroad, "Bob"), links_of(abroad, "Dana")
    await abroad.http.post(bobs, data=entry("Bob"))

    looked = await abroad.http.get(danas)
    late = await abroad.http.post(danas, data=entry("Dana"))

    assert (looked.status_code, late.status_code) == (200, 409)
    for page in (looked, late):
        assert "Bob已于" in read(page)
        assert not asks_for_a_pin(page)
    assert await acts(abroad) == [("Bob", "acknowledge", "link")]


async def test_a_used_link_shows_what_happened_and_acts_no_more(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    await abroad.http.post(link, data=entry("Bob"))
    for action in ("acknowledge", "decline"):
        again = await abroad.http.post(link, data=entry("Bob", action))
        assert "您已接手" in read(again)
    assert await standing(abroad) == [("acknowledged", 1, "Bob")]
    assert await acts(abroad) == [("Bob", "acknowledge", "link")]


async def test_bob_passes_it_on_by_his_link_and_dana_is_rung_at_once(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    passed = await abroad.http.post(link, data=entry("Bob", "decline"))
    await abroad.settle()
    assert "已记录您无法处理" in read(passed)
    assert len(links_of(abroad, "Dana")) == 1
    assert "仍可接手" in read(await abroad.http.get(link))
    assert await acts(abroad) == [("Bob", "decline", "link")]


async def test_the_link_of_an_earlier_round_says_so_and_leads_to_nothing(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    await take(await abroad.staff("Bob"))
    await abroad.advance(minutes=11)
    assert [state for state, _, _ in await standing(abroad)] == ["open"]

    looked = await abroad.http.get(link)
    late = await abroad.http.post(link, data=entry("Bob"))

    for page in (looked, late):
        assert page.status_code == 410
        assert "之前的一轮" in read(page)
        assert not re.search("<a |<form", page.text)
    assert [(state, holder) for state, _, holder in await standing(abroad)] == [("open", None)]


async def test_the_link_of_an_answered_alert_reopens_nothing(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    bob = await abroad.staff("Bob")
    await take(bob)
    alert_id = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    await bob.post(f"/v1/alerts/{alert_id}/contacts", {"outcome": "in-care"})
    late = await abroad.http.post(link, data=entry("Bob"))
    assert (late.status_code, asks_for_a_pin(late)) == (410, False)
    assert "已结束" in read(late)
    assert await standing(abroad) == [("contacted", 1, "Bob")]


async def test_fifty_at_once_with_the_right_pin_are_one_acknowledgement(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    answers = await asyncio.gather(*(abroad.http.post(link, data=entry("Bob")) for _ in range(50)))
    answers.append(await abroad.http.post(link, data=entry("Bob")))
    # Those who would have waited for too long are told to come again.
    answered = [answer for answer in answers if answer.status_code != 503]
    assert {answer.status_code for answer in answered} == {200}
    assert all("您已接手" in read(answer) for answer in answered)
    assert await acts(abroad) == [("Bob", "acknowledge", "link")]


async def test_bob_and_dana_at_once_and_one_of_them_is_told_who_has_it(abroad: Clinic) -> None:
    await ring(abroad, minutes=10)
    (bobs, *_), (danas, *_) = links_of(abroad, "Bob"), links_of(abroad, "Dana")
    answers = await asyncio.gather(
        abroad.http.post(bobs, data=entry("Bob")), abroad.http.post(danas, data=entry("Dana"))
    )
    ((_, _, holder),) = await standing(abroad)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sorted(f"{holder}已于" in read(answer) for answer in answers) == [False, True]


async def test_the_page_says_what_rings_and_nothing_of_the_patient(abroad: Clinic) -> None:
    await ring(abroad, minutes=3)
    (link,) = links_of(abroad, "Bob")
    page = await abroad.http.get(link)
    words = read(page)
    (text,) = [each.body for each in abroad.emulator.phone(ABROAD["Bob"])]
    assert [
        part for part in ("紧急", "Zhongnan Hospital", "3分钟前", code_in(text)) if part not in words
    ] == []
    assert telling(words.replace("中南试验", "")) == []
    number = (await (await abroad.staff("Bob")).get("/v1/alerts")).json()["alerts"][0]["subjectNumber"]
    assert number not in page.text
    assert "confusion" not in page.text


async def test_nobody_keeps_finds_or_frames_the_page_and_no_script_runs_in_it(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    page = await abroad.http.get(link)
    policy = page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy
    assert not re.search("<script|style=|onclick|http-equiv", page.text)
    assert "set-cookie" not in page.headers
    (sheet,) = re.findall('<link rel="stylesheet" href="([^"]+)"', page.text)
    assert (await abroad.http.get(sheet)).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("body", [{}, {"pin": "318264"}, {"action": "acknowledge"}, entry("Bob", "resolve")])
async def test_half_an_answer_changes_nothing_and_costs_no_try(abroad: Clinic, body: dict[str, str]) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    answers = [await abroad.http.post(link, data=body) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {422}
    assert await standing(abroad) == [("open", 1, None)]
    assert (await abroad.http.post(link, data=entry("Bob"))).status_code == 200


async def test_a_link_that_is_not_exactly_ours_leads_nowhere(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    other = "A" if link[-2] != "A" else "B"
    for wrong in (link[:-1], link + "A", link[:-2] + other + link[-1], "/a/x", "/a/" + "%00" * 8):
        page = await abroad.http.post(wrong, data=entry("Bob"))
        assert page.status_code == 404
        assert "此链接无效" in read(page)
    assert await standing(abroad) == [("open", 1, None)]


async def test_no_text_to_a_chinese_number_has_a_link_and_each_page_has_a_link_of_its_own(
    abroad: Clinic,
) -> None:
    await ring(abroad, minutes=60)
    at_home = [text for name in ("Alice", "Erin", "Frank") for text in abroad.texts(name)]
    assert len(at_home) > 3
    assert [text for text in at_home if "/" in text or "http" in text] == []
    found = [*links_of(abroad, "Bob"), *links_of(abroad, "Dana")]
    assert len(found) == len(set(found)) >= 2


async def test_without_its_database_the_page_says_that_nothing_is_certain(abroad: Clinic) -> None:
    await ring(abroad)
    (link,) = links_of(abroad, "Bob")
    await abroad.trial.pool.close()
    for page in (await abroad.http.get(link), await abroad.http.post(link, data=entry("Bob"))):
        assert page.status_code == 503
        assert "retry-after" in page.headers
        assert "服务器暂时无法处理" in read(page)
