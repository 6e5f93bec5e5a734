"""Logs: one JSON object a line on standard error, events named noun.verb, no personal data (design.md, rule 9)."""

import logging
import sys

import structlog


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
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
