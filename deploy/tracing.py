"""OpenTelemetry traces of a whole process: off unless an endpoint is set."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from logging.handlers import BufferingHandler
from typing import Any, Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.assembly import Asgi, Process
from deploy.configuration import read_settings
from deploy.problems import CannotStart
from shared.bus.sqlite import SqliteBus
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.log import logger
from shared.runtime.trace import Span, Tracer, is_sampled, valid

HOOKS: Final = "/hooks/"
TRACED: Final = (HOOKS, "/v1/")
"""Probes and scrapes come every few seconds and lead nowhere."""
_NOT_INSTALLED: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT is set, but what sends traces is not installed: in the folder of Baton, "
    "`.venv/bin/pip install --require-hashes --no-deps -r requirements-traces.lock`; for an image, see "
    "docs/tracing.md"
)
_READS_HEADERS: Final = "opentelemetry.util.re"
"""It quotes them, and one may hold a key."""
_HEADER: Final = b"traceparent"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Settings(BaseSettings):
    """What decides whether a process is traced; the SDK reads these and its other variables by itself."""

    model_config = SettingsConfigDict(env_prefix="OTEL_")

    exporter_otlp_endpoint: str = Field(
        default="",
        pattern="^(https?://.+)?$",
        description="Where spans go, such as http://collector:4318; if not set, nowhere (docs/tracing.md).",
    )
    sdk_disabled: bool = Field(default=False, description="No traces, in spite of an endpoint.")


@contextmanager
def traced(process: Process, app: Asgi) -> Iterator[Asgi]:
    """The app to serve; with spans of all that the process does, if an endpoint is set.

    Raises CannotStart if the extra `traces` is not installed, or the SDK does not start with its variables.
    """
    settings = read_settings(Settings)
    if settings.sdk_disabled or not settings.exporter_otlp_endpoint:
        yield app
        return
    try:
        from shared.runtime.otlp import Otlp  # Here, because only who traces has it installed.

        name = _name(process)
        with _told_complaints(name.removeprefix("baton.")):
            tracer = Otlp(name, "sqlite" if isinstance(process.bus, SqliteBus) else "kafka")
    except ModuleNotFoundError as missing:
        raise CannotStart([_NOT_INSTALLED]) from missing
    except ValueError as wrong:
        raise CannotStart([f"the variables OTEL_… can not be used: {wrong}"]) from wrong
    for part in process.parts:
        part.service.tracer = tracer
    try:
        yield traced_requests(app, tracer, SystemClock())
    finally:
        tracer.close()


@contextmanager
def _told_complaints(service: str) -> Iterator[None]:
    """Say in a line each what the SDK takes otherwise than it is written: no stack trace, and no secret."""
    heard = BufferingHandler(capacity=100)
    heard.setLevel(logging.WARNING)
    theirs = logging.getLogger("opentelemetry")
    theirs.addHandler(heard)
    theirs.propagate = False
    try:
        yield
    finally:
        theirs.removeHandler(heard)
        theirs.propagate = True
        for record in heard.buffer:
            if record.name == _READS_HEADERS:
                record.args = ("OTEL_EXPORTER_OTLP_HEADERS",)
            why = record.getMessage()
            logger(service).warning("a variable is taken otherwise than it is written", why=why)


def traced_requests(app: Asgi, tracer: Tracer, clock: Clock) -> Asgi:
    """The app, with a span for each request, which what it does follows from."""

    async def front(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(TRACED):
            await app(scope, receive, send)
            return
        incoming = valid(_incoming(scope["headers"]))
        own, began, status = tracer.begin(incoming), clock.now(), 0

        async def sending(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        # Inward everything finds the span of the request where it would have found the caller's.
        others = [(name, value) for name, value in scope["headers"] if name != _HEADER]
        inner = {**scope, "headers": [*others, (_HEADER, own.encode())]}
        try:
            await app(inner, receive, sending)
        finally:
            if is_sampled(own):
                tracer.record(_span(inner, incoming, own, began, status), clock.now())

    return front


def _name(process: Process) -> str:
    names = [part.service.name for part in process.parts]
    return f"baton.{names[0]}" if len(names) == 1 else "baton"


def _incoming(headers: list[tuple[bytes, bytes]]) -> str | None:
    return next((value.decode("latin-1") for name, value in headers if name == _HEADER), None)


def _span(scope: Any, parent: str | None, own: str, began: datetime, status: int) -> Span:
    # The path and the query are left out: they may name a person.
    method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
    route = "/hooks/{source}" if scope["path"].startswith(HOOKS) else getattr(scope.get("route"), "path", "")
    about: dict[str, str | int] = {"http.request.method": method, "url.scheme": scope.get("scheme", "http")}
    if route:
        about["http.route"] = route
    if status:
        about["http.response.status_code"] = status
    error = "" if 0 < status < 500 else str(status or "no_response")
    name = f"{method if method != '_OTHER' else 'HTTP'} {route}".strip()
    return Span(name, "server", parent, own, began, attributes=about, error=error)
