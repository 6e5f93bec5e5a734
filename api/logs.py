"""Logs: one JSON object a line on standard error, events named noun.verb, no personal data (design.md, rule 9)."""

import logging
import sys
import traceback

import structlog
from structlog.typing import ExcInfo


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


def _without_words(exc_info: ExcInfo) -> str:
    """Say where it happened and of which kind it was, never in its words: PostgreSQL's repeat the row."""
    error: BaseException | None = exc_info[1]
    parts: list[str] = []
    while error is not None:
        parts = [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n", *parts]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(parts)
