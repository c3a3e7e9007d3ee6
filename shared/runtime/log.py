"""Structured logs: one line is one event. Lead ids, never e-mail addresses."""

import logging
import sys

import structlog


def configure_logs(level: str = "info", *, pretty: bool = False) -> None:
    """Send every log line to standard error: JSON for machines, or aligned words for a person."""
    renderer = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    # It logs every try to reach a broker, ten a second. What comes of them is raised, and logged once by us.
    logging.getLogger("aiokafka").setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)


def logger(service: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that names its service on every line."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind(service=service)
    return bound
