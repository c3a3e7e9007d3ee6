"""Stands before the routes: nobody without a key gets as far as having a body read, and none is too big."""

from http import HTTPStatus
from typing import Final

from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime.http import Gate, Problem, problem_of, render
from shared.runtime.keys import KeysInvalid
from shared.terms import Role

BODY_MAX: Final = 8 * 1024 * 1024
"""Bytes of a request, wherever it goes; a route may take less."""
WITH_A_KEY: Final = "/v1/"
EVERY_ROLE: Final = tuple(Role)
_TOO_BIG: Final = f"A request has at most {BODY_MAX} bytes; send it in parts."


class Door:
    """An ASGI app before another. FastAPI reads and parses a body before it asks who sends it."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            self._look_at(scope)
        except (Problem, KeysInvalid) as closed:
            await render(problem_of(closed))(scope, receive, send)
            return
        await self._app(scope, _counted(receive), send)

    def _look_at(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if scope["path"].startswith(WITH_A_KEY):
            kind, token = get_authorization_scheme_param(headers.get("authorization"))
            self._gate.admit(token if kind.lower() == "bearer" else None, EVERY_ROLE)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > BODY_MAX:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too big", _TOO_BIG)


async def body_within(request: Request, most: int) -> bytes:
    """The body, for a route that takes less than the door lets in. Raises Problem for more bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            what_to_do = f"It has at most {most} bytes; send it in parts."
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too big", what_to_do)
        parts.append(part)
    return b"".join(parts)


def _counted(receive: Receive) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > BODY_MAX:
            # The one kind of error that FastAPI lets pass while it reads a body.
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_BIG)
        return message

    return counted
