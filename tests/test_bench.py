"""The benchmarks still run: what they compare ours with is asked the same, and answers the same."""

from tests.bench.house import open_house
from tests.bench.submitting import compare, stand_in


async def test_the_stand_in_answers_what_ours_answers() -> None:
    """It shares our rows, and once fell behind them unseen."""
    async with open_house() as house, stand_in(house) as other_url:
        await compare(house, other_url)
