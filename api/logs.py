"""Logs: one JSON object a line on standard error, events named noun.verb, no personal data (design.md, rule 9)."""

import logging
import sys
import traceback

import structlog
from structlog.typing import ExcInfo
from typing_extensions import override


def configure_logs(level: str, *, readable: bool = False) -> None:
    """Set the log up for the whole process; `readable` is for a person at a terminal."""
    number = logging.getLevelNamesMapping()[level.upper()]
    last: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_without_words),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # A handler that is there already is not added again.
    logging.getLogger().addHandler(_LIBRARIES)


class _Libraries(logging.Handler):
    """What libraries warn of, as lines of ours: from where, and in words only of those that put no value into them."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        words = {"words": str(record.msg)} if record.name.partition(".")[0] in _QUOTABLE else {}
        place = f"{record.module}:{record.lineno}"
        log = structlog.get_logger("nightbell.library")
        log.log(
            record.levelno,
            "library.warned",
            library=record.name,
            place=place,
            exc_info=record.exc_info,
            **words,
        )


_QUOTABLE = frozenset({"asyncpg", "uvicorn"})
"""Their sentences stand in their source; what is put into them stays out."""

_LIBRARIES = _Libraries(logging.WARNING)


def _without_words(exc_info: ExcInfo) -> str:
    """Say where it happened and of which kind it was, never in its words: PostgreSQL's repeat the row."""
    error: BaseException | None = exc_info[1]
    parts: list[str] = []
    while error is not None:
        parts = [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n", *parts]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(parts)
