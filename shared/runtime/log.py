"""Structured logs: one line is one event. Lead ids, never e-mail addresses."""

import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

import structlog


class _Lines:
    """A stream of lines that never fails: work must not end because nobody reads its log any more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure_logs(level: str = "info", *, pretty: bool = False) -> None:
    """Send every log line to standard error: JSON for machines, or aligned words for a person."""
    renderer = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    lines = _Lines(sys.stderr)
    begin: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    end = [structlog.processors.format_exc_info, renderer]
    structlog.configure(
        processors=[*begin, *end],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(lines),  # type: ignore[arg-type]  # enough
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(_formatter(begin, end))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # It logs every try to reach a broker, ten a second. What comes of them is raised, and logged once by us.
    logging.getLogger("aiokafka").setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)


def _formatter(
    begin: Sequence[structlog.typing.Processor], end: Sequence[structlog.typing.Processor]
) -> logging.Formatter:
    """What libraries log, and the bus, in the form of ours; with `service`, where that is known."""
    told: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=["service"]),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*begin, *told],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end],
    )


def logger(service: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that names its service on every line."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind(service=service)
    return bound
