"""Tests that look for what is rare: some rounds each time the tests run, many more under `make soak`."""

import os
import random


def rounds(default: int = 20) -> int:
    """How often such a test tries: SOAK_ROUNDS when set."""
    return int(os.environ.get("SOAK_ROUNDS") or default)


def a_seed() -> int:
    """What a round's luck is drawn from, printed by it: SOAK_SEED, to see again what was seen once, or a new one."""
    return int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(10**9))


def is_soak() -> bool:
    """Whether this is `make soak`: luck is drawn anew there, while `make test` tries the same each time."""
    return bool(os.environ.get("SOAK_ROUNDS"))
