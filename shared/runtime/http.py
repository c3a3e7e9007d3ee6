"""What every service's HTTP has: who may call, errors as problem+json, and whether it is alive and ready."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.db.database import DatabaseUnavailable
from shared.effects import CommandRefused, PolicyError, RefusedBecause
from shared.runtime.keys import KeyRing, Principal
from shared.terms import Role

PROBLEM_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2
_STATUS: Final[dict[RefusedBecause, int]] = {
    "unknown": 404,
    "wrong person": 403,
    "wrong stage": 409,
    "gone": 410,
    "invalid": 422,
}
_bearer = HTTPBearer(auto_error=False, description="An API key: `baton keys add`.")
_Check = Callable[[], Awaitable[None]]


class Problem(Exception):
    """An answer that is an error (RFC 9457): a status, a title, and a sentence that says what to do."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail or title)
        self.status, self.title, self.detail = status, title, detail
        self.headers, self.extra = dict(headers or {}), extra

    def body(self) -> dict[str, Any]:
        document = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        return {**document, **self.extra}


class Gate:
    """Who may pass: `Depends(gate.needs(Role.REP, …))` on every endpoint but health."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def needs(self, *roles: Role) -> Callable[..., Principal]:
        """A dependency that gives the caller's Principal, or answers 401 or 403."""

        def who(credentials: HTTPAuthorizationCredentials | None = Depends(_bearer)) -> Principal:
            return self.admit(credentials.credentials if credentials else None, roles)

        return who

    def admit(self, token: str | None, roles: Sequence[Role]) -> Principal:
        """The holder of this key, if it has one of the roles. Raises Problem."""
        principal = self._keys.whose(token) if token else None
        if principal is None:
            detail = "Send `Authorization: Bearer <key>` with a key from `baton keys add`."
            raise Problem(401, "No valid key", detail, headers={"WWW-Authenticate": "Bearer"})
        if principal.role not in roles:
            needed = " or ".join(sorted(roles))
            raise Problem(403, "Not allowed", f"This needs the role {needed}; your key has {principal.role}.")
        return principal


@dataclass(slots=True)
class Health:
    """What must hold before traffic makes sense: named checks, each an async function that raises if it does not."""

    checks: dict[str, _Check] = field(default_factory=dict)

    async def failures(self) -> dict[str, str]:
        """The checks that fail, with why."""
        failed = {}
        for name, check in self.checks.items():
            try:
                await check()
            except Exception as wrong:
                failed[name] = f"{type(wrong).__name__}: {wrong}"[:300]
        return failed


def create_base_app(title: str, description: str, health: Health, sample: _Check, **settings: Any) -> FastAPI:
    """A FastAPI app with errors, /healthz, /readyz and /metrics; `sample` refreshes gauges before a scrape."""
    app = FastAPI(title=title, description=description, redirect_slashes=False, **settings)
    add_errors(app)

    @app.get("/healthz", tags=["health"], summary="Is the process alive?")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"], summary="May it have traffic? Says what failed.")
    async def readyz() -> Response:
        failed = await health.failures()
        body = {"status": "not ready" if failed else "ready", "failed": failed}
        return JSONResponse(body, status_code=503 if failed else 200)

    @app.get("/metrics", tags=["health"], summary="Prometheus metrics", response_class=Response)
    async def metrics() -> Response:
        await sample()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def add_errors(app: FastAPI) -> None:
    """Every error leaves as problem+json; what is our fault or the database's says when to come back."""

    @app.exception_handler(Problem)
    async def problem(_: Request, raised: Problem) -> Response:
        return render(raised)

    @app.exception_handler(CommandRefused)
    async def refused(_: Request, raised: CommandRefused) -> Response:
        return render(Problem(_STATUS[raised.because], f"Refused: {raised.because}", str(raised)))

    @app.exception_handler(PolicyError)
    async def impossible(_: Request, raised: PolicyError) -> Response:
        return render(Problem(422, "Can not be done", str(raised)))

    @app.exception_handler(DatabaseUnavailable)
    async def unavailable(_: Request, raised: DatabaseUnavailable) -> Response:
        return render(busy())

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, raised: RequestValidationError) -> Response:
        errors = [
            {"field": ".".join(str(p) for p in e["loc"][1:]), "reason": e["msg"]} for e in raised.errors()
        ]
        named = "; ".join(f"{e['field'] or 'body'}: {e['reason']}" for e in errors)
        return render(Problem(422, "Not understood", named, errors=errors))


def busy() -> Problem:
    """The database can not commit now. Nothing was written; the caller should repeat."""
    detail = "The database can not commit now. Nothing was written: send it again."
    return Problem(503, "Try again", detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def render(problem: Problem) -> Response:
    """A problem as a response."""
    return JSONResponse(problem.body(), problem.status, problem.headers, media_type=PROBLEM_TYPE)
