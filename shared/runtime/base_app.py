"""The app that every process begins with: errors, and where to ask how it is."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from fastapi import Depends, FastAPI, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.runtime import metrics as kept
from shared.runtime.health import Check, Health, failures
from shared.runtime.http import WATCHERS, Gate, add_errors
from shared.runtime.log import logger
from shared.runtime.problems import PROBLEM, problems

_NONE: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own spans and logs carry paths and queries, and those name people: `?email=…`."""


class _App(FastAPI):
    """Its document has what `problems` refers to."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
        return document


def create_base_app(
    title: str, description: str, health: Health, samples: Mapping[str, Check], gate: Gate, **settings: Any
) -> FastAPI:
    """A FastAPI app with errors, /healthz, /readyz and /metrics; `samples` refresh gauges, by place."""
    app = _App(title=title, description=description, redirect_slashes=False, telemetry=_NONE, **settings)
    add_errors(app)
    _add_health(app, health)
    _add_metrics(app, health, samples, gate)
    return app


def _add_health(app: FastAPI, health: Health) -> None:
    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", tags=["health"], summary="Is the process alive?")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.head("/readyz", include_in_schema=False)
    @app.get(
        "/readyz",
        tags=["health"],
        summary="May it have traffic? Says what failed.",
        responses={503: {"description": "Not ready"}},
    )
    async def readyz() -> Response:
        failed = await health.failures()
        body = {"status": "not ready" if failed else "ready", "failed": failed}
        return JSONResponse(body, status_code=503 if failed else 200)


def _add_metrics(app: FastAPI, health: Health, samples: Mapping[str, Check], gate: Gate) -> None:
    @app.get(
        "/metrics",
        tags=["health"],
        summary="Prometheus metrics",
        response_class=Response,
        responses=problems(),
        dependencies=[Depends(gate.needs(*WATCHERS))],
    )
    async def metrics() -> Response:
        # When the database is gone, the other figures are wanted most.
        failed, old = await asyncio.gather(health.failures(), failures(samples))
        for check in health.checks:
            kept.ready.labels(check).set(check not in failed)
        for place, why in old.items():
            kept.sample_failures.labels(place).inc()
            logger("baton").warning("figures not refreshed", place=place, error=why)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
