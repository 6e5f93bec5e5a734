"""What the page says by which staff answer a link or a code: each text key, and what the program fills in."""

from typing import Final

_NONE: Final = frozenset[str]()

OF_ANSWERS: Final = {
    **dict.fromkeys(
        (
            "answer.title",
            "answer.level.emergency",
            "answer.level.urgent",
            "answer.level.drill",
            "answer.site",
            "answer.since",
            "answer.code",
            "answer.compare",
            "answer.by-code",
            "answer.waiting",
            "answer.declined",
            "answer.drill-taken",
            "answer.passed",
            "answer.replaced",
            "answer.ended",
            "answer.activate",
            "answer.unknown",
            "answer.no-pin",
            "answer.email",
            "answer.code-typed",
            "answer.pin",
            "answer.take",
            "answer.pass",
            "answer.wrong-pin",
            "answer.wrong-code",
            "answer.malformed",
            "answer.not-entitled",
            "answer.away",
        ),
        _NONE,
    ),
    "answer.ago": frozenset({"minutes"}),
    "answer.taken": frozenset({"name", "time"}),
    "answer.yours": frozenset({"minutes", "time"}),
    "answer.slowed": frozenset({"seconds"}),
}
