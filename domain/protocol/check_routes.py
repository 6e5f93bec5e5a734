"""Whether every number has a route on which silence is noticed in time (trial.md §4, cases.md 1)."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from domain.errors import Fault
from domain.protocol.routes import Country, Routes

_FILE: Final = "routes.toml"
_LONGEST_SILENCE: Final = timedelta(seconds=90)
"""cases.md 1: the next person or channel within 90 s."""


def check_routes(routes: Routes) -> Iterator[Fault]:
    """Yield every fault of `routes.toml`."""
    counted = Counter(country.prefix for country in routes.countries)
    if "+" not in counted:
        yield Fault(f"{_FILE}: countries", "A country with the prefix + must hold for all other numbers.")
    if routes.poll_after <= timedelta(0):
        yield Fault(f"{_FILE}: poll-after", "Must be longer than nothing.")
    for place, country in enumerate(routes.countries):
        at = f"{_FILE}: countries[{place}]"
        if counted[country.prefix] > 1:
            yield Fault(f"{at}.prefix", f"{country.prefix} is there more than once.")
        yield from _country(country, at)


def _country(country: Country, at: str) -> Iterator[Fault]:
    if not country.providers:
        yield Fault(f"{at}.providers", "Somebody must send the texts.")
    for name, within in (
        ("receipt-within", country.receipt_within),
        ("answer-within", country.answer_within),
    ):
        if not timedelta(0) < within <= _LONGEST_SILENCE:
            yield Fault(f"{at}.{name}", "Must be longer than nothing, and 90 s at most.")
    if country.texts_a_day is not None and country.kept_for_emergencies > country.texts_a_day:
        yield Fault(f"{at}.kept-for-emergencies", "Keeps more texts than there are.")
