"""By which provider a text goes, and whether one more may go there at all (trial.md §4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import route
from domain.protocol.routes import Channel
from domain.protocol.schema import Level
from domain.route import Lines, Spent, Tried
from tests.support.protocol import shipped

BOTH = Lines(routes=shipped().routes, providers=("twilio", "dysms"), callers=("twilio",))
CHINA, ABROAD = "+86", "+44"


@pytest.mark.parametrize(
    ("prefix", "found"), [("+86", "+86"), ("+852", "+"), ("+1", "+"), ("+49", "+"), (None, "+86")]
)
def test_the_longest_prefix_decides_and_the_strictest_country_where_none_is_known(
    prefix: str | None, found: str
) -> None:
    assert BOTH.country(prefix).prefix == found


@pytest.mark.parametrize(
    ("total", "lesser", "emergencies", "others"),
    [
        (0, 0, 4, 1),
        (1, 0, 3, 1),
        (1, 1, 3, 0),
        (3, 0, 1, 1),
        (3, 1, 1, 0),
        (4, 0, 0, 0),
        (4, 1, 0, 0),
        (7, 2, 0, 0),
    ],
)
def test_three_of_four_texts_are_kept_for_emergencies(
    total: int, lesser: int, emergencies: int, others: int
) -> None:
    spent = Spent(total, lesser)
    assert route.texts_left(BOTH.country(CHINA), spent, Level.EMERGENCY) == emergencies
    assert route.texts_left(BOTH.country(CHINA), spent, Level.URGENT) == others


@given(st.lists(st.sampled_from([Level.EMERGENCY, Level.URGENT]), max_size=20))
def test_whatever_comes_a_number_never_gets_more_than_four_and_no_more_than_one_that_is_no_emergency(
    wanted: list[Level],
) -> None:
    sent: list[Level] = []
    for level in wanted:
        lesser = sum(each is Level.URGENT for each in sent)
        if route.texts_left(BOTH.country(CHINA), Spent(len(sent), lesser), level):
            sent.append(level)
    assert len(sent) <= 4
    assert sum(each is Level.URGENT for each in sent) <= 1
    assert sent.count(Level.EMERGENCY) >= min(3, wanted.count(Level.EMERGENCY))


def test_elsewhere_no_limit_is_known() -> None:
    assert route.texts_left(BOTH.country(ABROAD), Spent(1000, 1000), Level.URGENT) is None


def test_a_spent_provider_leaves_the_number_to_the_other_one() -> None:
    spent = {"dysms": Spent(4)}
    assert route.within_budget(BOTH, CHINA, {}, Level.EMERGENCY) == ("dysms", "twilio")
    assert route.within_budget(BOTH, CHINA, spent, Level.EMERGENCY) == ("twilio",)
    assert route.within_budget(BOTH, CHINA, {**spent, "twilio": Spent(4)}, Level.EMERGENCY) == ()


def test_a_site_may_prefer_another_order_and_the_others_follow() -> None:
    ours = replace(BOTH, preferred={"+86": ("twilio",)})
    assert ours.order(ours.country(CHINA)) == ("twilio", "dysms")


def test_a_provider_that_is_not_set_up_is_not_asked() -> None:
    alone = replace(BOTH, providers=("twilio",))
    assert alone.order(alone.country(CHINA)) == ("twilio",)


def test_nobody_is_called_in_china_and_whoever_has_had_all_texts_is_called_elsewhere() -> None:
    assert route.channels(BOTH, CHINA, {}, Level.EMERGENCY) == (Channel.SMS,)
    assert route.channels(BOTH, ABROAD, {}, Level.EMERGENCY) == (Channel.SMS, Channel.VOICE)
    spent = {"dysms": Spent(4), "twilio": Spent(4)}
    assert route.channels(BOTH, CHINA, spent, Level.EMERGENCY) == ()


@pytest.mark.parametrize(
    ("asked_in_vain", "down", "chosen"),
    [
        (set(), set(), "dysms"),
        ({"dysms"}, set(), "twilio"),
        (set(), {"dysms"}, "twilio"),
        ({"twilio"}, {"dysms"}, "dysms"),
        ({"dysms", "twilio"}, set(), "dysms"),
        (set(), {"dysms", "twilio"}, "dysms"),
    ],
)
def test_whoever_refused_this_text_or_is_down_is_asked_last_but_never_is_nobody_asked(
    asked_in_vain: set[str], down: set[str], chosen: str
) -> None:
    tried = Tried(frozenset(asked_in_vain), frozenset(down))
    assert route.choose(("dysms", "twilio"), tried) == chosen


def test_without_anybody_within_the_budget_nobody_is_asked() -> None:
    assert route.choose((), Tried()) is None


def test_another_is_left_until_everybody_has_refused() -> None:
    order = ("dysms", "twilio")
    assert route.has_another(order, Tried(frozenset({"dysms"})))
    assert not route.has_another(order, Tried(frozenset(order)))
