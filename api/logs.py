"""Logs: one JSON object a line on standard error, events named noun.verb, no personal data (design.md, rule 9)."""

import contextlib
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
        # Whoever logs must not fail of it; and what the library's own way out prints is not for a log.
        with contextlib.suppress(Exception):
            self._say(record)

    def _say(self, record: logging.LogRecord) -> None:
        is_quotable = isinstance(record.msg, str) and record.name.partition(".")[0] in _QUOTABLE
        structlog.get_logger("nightbell.library").log(
            max(each for each in _LEVELS if each <= record.levelno),
            "library.warned",
            library=record.name,
            place=f"{record.module}:{record.lineno}",
            exc_info=record.exc_info,
            **({"words": record.msg} if is_quotable else {}),
        )


_LEVELS = (logging.WARNING, logging.ERROR, logging.CRITICAL)

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
