"""What every service's HTTP has: who may call, and errors as problem+json."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from shared.bus.port import BusUnavailable
from shared.db.database import DatabaseUnavailable
from shared.effects import CommandRefused, PolicyError, RefusedBecause
from shared.runtime.keys import KeyRing, KeysInvalid
from shared.runtime.keys import Principal as Principal
from shared.runtime.log import logger
from shared.runtime.parameters import texts_with_nul, unknown_parameters
from shared.runtime.problems import PROBLEM_TYPE, RETRY_AFTER_S
from shared.runtime.trace import valid
from shared.terms import Role

WATCHERS: Final = (Role.OPERATOR, Role.MANAGER, Role.MARKETING, Role.ARBITER)
"""Who reads the figures: all who are measured by them, and who is called at night."""
READERS: Final = (*WATCHERS, Role.REP)
"""Who reads what is known of a lead: all but those who only send."""
_STATUS: Final[dict[RefusedBecause, int]] = {
    "unknown": 404,
    "wrong person": 403,
    "wrong stage": 409,
    "gone": 410,
    "invalid": 422,
}
NOT_JSON: Final = "is not JSON: send one JSON object in UTF-8"
_NO_OBJECT: Final = "is not a JSON object: send one, with Content-Type: application/json"
_TEXT, _LIST = "is not a text", "is not a list"
_WHOLE, _NUMBER, _TRUTH = "is not a whole number", "is not a number", "is neither true nor false"
_REASONS: Final = {
    "missing": "is missing",
    "json_invalid": NOT_JSON,
    "model_attributes_type": _NO_OBJECT,
    "model_type": _NO_OBJECT,
    "dict_type": _NO_OBJECT,
    "string_type": _TEXT,
    "list_type": _LIST,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "extra_forbidden": "is not known here: correct its name, or leave it out",
}
"""What pydantic finds, in words that say what to do; its own are used for the rest."""
_TO_DO: Final = {
    404: "Nothing is at this path; /docs lists what there is.",
}
_bearer = HTTPBearer(auto_error=False, description="An API key: `baton keys add`.")


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

    def needs(self, *roles: Role) -> Callable[..., Awaitable[Principal]]:
        """A dependency that gives the caller's Principal, or answers 401, 403, or 422 to a strange text."""

        async def who(
            request: Request, credentials: HTTPAuthorizationCredentials | None = Depends(_bearer)
        ) -> Principal:
            principal = self.admit(credentials.credentials if credentials else None, roles)
            strange = unknown_parameters(request) or await texts_with_nul(request)
            if strange:
                raise _not_understood(strange)
            return principal

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

    async def check(self) -> None:
        """Raises KeysInvalid if nobody could pass."""
        if not self._keys.principals():
            raise KeysInvalid("nobody has a key yet; make one with `baton keys add`")


async def trace_of(request: Request) -> str | None:
    """The traceparent that a request carries, if it is one."""
    return valid(request.headers.get("traceparent"))


Trace = Annotated[str | None, Depends(trace_of)]


def join(whole: FastAPI | APIRouter, *parts: APIRouter) -> None:
    """Let it answer what its parts answer. `include_router` would build every route again, at each level."""
    for part in parts:
        whole.routes.extend(part.routes)


def add_errors(app: FastAPI) -> None:
    """Every error leaves as problem+json; what is our fault or the database's says when to come back."""
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, _rendered(answer))
    app.add_exception_handler(HTTPStatus.METHOD_NOT_ALLOWED, _wrong_method)


def _rendered(answer: Callable[[Any], Problem]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(_: Request, raised: Exception) -> Response:
        return render(answer(raised))

    return handler


async def _wrong_method(request: Request, _: Exception) -> Response:
    # The framework names the methods of one route, and each method has its own.
    taken = {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }
    said = ", ".join(sorted(taken))
    return render(Problem(405, "Method Not Allowed", f"This path takes {said}.", headers={"Allow": said}))


def _itself(raised: Problem) -> Problem:
    return raised


def _refused(raised: CommandRefused) -> Problem:
    return Problem(_STATUS[raised.because], f"Refused: {raised.because}", str(raised))


def _impossible(raised: PolicyError) -> Problem:
    return Problem(422, "Can not be done", str(raised))


def _no_keys(raised: KeysInvalid) -> Problem:
    logger("baton").error("keys can not be read", error=str(raised))
    return Problem(
        503, "Nobody can be let in", "The key file can not be read: whoever runs this must mend it."
    )


def _frameworks_own(raised: HTTPException) -> Problem:
    if raised.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI could not decode the body, and says no more.
        return _not_understood([("body", NOT_JSON)])
    title = HTTPStatus(raised.status_code).phrase
    detail = _TO_DO.get(raised.status_code) or str(raised.detail or title)
    return Problem(raised.status_code, title, detail, headers=raised.headers)


def _invalid(raised: RequestValidationError) -> Problem:
    return _not_understood([(_field(e), _reason(e)) for e in raised.errors()])


def _not_understood(wrong: Sequence[tuple[str, str]]) -> Problem:
    errors = [{"field": name, "reason": reason} for name, reason in wrong]
    detail = "; ".join(f"{name}: {reason}" for name, reason in wrong)
    return Problem(422, "Not understood", detail, field=wrong[0][0], errors=errors)


def _field(error: Mapping[str, Any]) -> str:
    where = error["loc"] if error["type"] != "json_invalid" else ()
    return ".".join(str(step) for step in where[1:]) or "body"


def _reason(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind.startswith(("datetime_", "timezone_")):
        return "is not an instant with a zone: write it as 2026-01-05T09:12:44Z"
    return _REASONS.get(kind, str(error["msg"]).removeprefix("Value error, "))


def _our_fault(_: Exception) -> Problem:
    # It goes on to the server, which logs it.
    return Problem(500, "Our fault", "This should not have happened; the log of the process says what did.")


_ANSWERS: Final[dict[type[Exception], Callable[[Any], Problem]]] = {
    Problem: _itself,
    CommandRefused: _refused,
    PolicyError: _impossible,
    DatabaseUnavailable: lambda _: busy(),
    BusUnavailable: lambda _: busy("The bus"),
    KeysInvalid: _no_keys,
    RequestValidationError: _invalid,
    HTTPException: _frameworks_own,
    Exception: _our_fault,
}


def problem_of(raised: Problem | KeysInvalid) -> Problem:
    """What is answered when nobody is let in."""
    return _ANSWERS[type(raised)](raised)


def busy(what: str = "The database") -> Problem:
    """It can not be used now, or nobody knows whether it committed; the caller should repeat."""
    return _again(f"{what} can not be used now.")


def stopping() -> Problem:
    """The process ends before a request has come to its end; the caller should repeat."""
    return _again("This process is being stopped.")


def _again(why: str) -> Problem:
    detail = f"{why} Send it again: a repeat does no harm."
    return Problem(503, "Try again", detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def render(problem: Problem) -> Response:
    """A problem as a response."""
    return JSONResponse(problem.body(), problem.status, problem.headers, media_type=PROBLEM_TYPE)
