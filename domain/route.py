"""By which provider a text goes to a number, and whether one more may go there at all (trial.md §4).

A number is known by its country here and by its blind index elsewhere, never by itself. What was sent there within
24 hours is counted by provider, since each of them counts for itself.
"""

import math
from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from domain.protocol.routes import Channel, Country, Routes
from domain.protocol.schema import Level

DAY = timedelta(hours=24)
"""Texts to a number are counted over this (trial.md §4)."""

OUTAGE = timedelta(minutes=5)
FAILED_IN_A_ROW = 3
"""A provider whose last three calls within five minutes all failed, whoever they were for, is asked last; ours."""


class Lines(Struct, frozen=True, kw_only=True):
    """The routes in force: the rules by country, the providers that are set up, and what a site prefers."""

    routes: Routes
    providers: tuple[str, ...]
    """Who sends texts."""
    callers: tuple[str, ...] = ()
    """Who makes voice calls."""
    mailers: tuple[str, ...] = ()
    preferred: Mapping[str, tuple[str, ...]] = {}
    """Prefix → providers, the first one first: a site's own order."""

    def country(self, prefix: str | None) -> Country:
        """Return what holds for the numbers of a country; what holds for the strictest where it is not known."""
        known = [each for each in self.routes.countries if prefix and prefix.startswith(each.prefix)]
        if known:
            return max(known, key=lambda each: len(each.prefix))
        return min(self.routes.countries, key=lambda each: (each.voice, each.links, each.replies))

    def order(self, country: Country) -> tuple[str, ...]:
        """Return the providers of a country that are set up here, in the order in which they are asked."""
        wanted = self.preferred.get(country.prefix, country.providers)
        return tuple(each for each in dict.fromkeys((*wanted, *country.providers)) if each in self.providers)


class Spent(Struct, frozen=True):
    """What a number got from one provider within 24 hours: texts in all, and those of no emergency among them."""

    total: int = 0
    lesser: int = 0


KEPT_FOR_A_FIRST_RING = 1
"""So many texts of a number are not spent on ringing everyone again: another patient's alert must get through; ours."""


def texts_left(country: Country, spent: Spent, level: Level) -> int | None:
    """Return how many texts of this level a number may still get from a provider; None: no limit is known.

    What is kept for emergencies nothing else may use; an emergency may use what is left of everything.
    """
    if country.texts_a_day is None:
        return None
    left = country.texts_a_day - spent.total
    if level is not Level.EMERGENCY:
        left = min(left, country.texts_a_day - country.kept_for_emergencies - spent.lesser)
    return max(left, 0)


def within_budget(
    lines: Lines, prefix: str | None, spent: Mapping[str, Spent], level: Level
) -> tuple[str, ...]:
    """Return the providers that may send one more text of this level to a number, in their order.

    `spent` counts the texts of the last 24 hours to it by provider.
    """
    country = lines.country(prefix)
    return tuple(
        each for each in lines.order(country) if texts_left(country, spent.get(each, _NOTHING), level) != 0
    )


def channels(
    lines: Lines, prefix: str | None, spent: Mapping[str, Spent], level: Level, kept: int = 0
) -> tuple[Channel, ...]:
    """Return how a usable number can be reached now for this level, if `kept` of its texts are to be left."""
    texts = [Channel.SMS] if _all_left(lines, prefix, spent, level) > kept else []
    calls = [Channel.VOICE] if lines.callers and lines.country(prefix).voice else []
    return (*texts, *calls)


def _all_left(lines: Lines, prefix: str | None, spent: Mapping[str, Spent], level: Level) -> float:
    """Return how many texts all providers together may still send; endless where no limit is known."""
    country = lines.country(prefix)
    left = (texts_left(country, spent.get(each, _NOTHING), level) for each in lines.order(country))
    return sum(math.inf if each is None else each for each in left)


_NOTHING = Spent()


class Tried(Struct, frozen=True):
    """What this message has met: providers asked in vain, and those whose calls all fail at present."""

    failed_with: frozenset[str] = frozenset()
    down: frozenset[str] = frozenset()


def choose(order: tuple[str, ...], tried: Tried) -> str | None:
    """Return which of the providers within budget is asked now; None where there is none.

    One that is down, or was asked in vain for this text, comes after the others: it is asked again rather than nobody.
    """
    ranked = sorted(order, key=lambda each: (each in tried.failed_with, each in tried.down))
    return ranked[0] if ranked else None


def has_another(order: tuple[str, ...], tried: Tried) -> bool:
    """Say whether a provider is left that was not asked in vain for this text yet."""
    return bool(set(order) - tried.failed_with)
