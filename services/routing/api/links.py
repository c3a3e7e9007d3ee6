"""Action links: GET shows a page that asks, POST does it. The link is all that is needed: no key, no cookie.

Mail scanners, chat programs and browsers open links by themselves; so opening one never does anything.
"""

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from services.routing.domain.telling import pages
from services.routing.domain.telling.links import BadLink, Link, opened
from services.routing.domain.telling.pages import Page
from services.routing.handlers import links
from services.routing.handlers.links import LinkUsed, MovedOn
from shared.effects import CommandRefused
from shared.runtime.door import body_within
from shared.runtime.http import Problem, Trace
from shared.runtime.service import Service

BODY_MAX: Final = 16 * 1024
FIELD_MAX: Final = 200
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
_Token = Annotated[str, Path(description="What is in the message's link")]


def create_router(service: Service, secrets: tuple[str, ...]) -> APIRouter:
    """The pages behind action links, for those that one of the secrets has signed."""
    router = APIRouter(tags=["action links"], default_response_class=HTMLResponse)

    @router.get("/a/{token}", summary="A page that asks whether to do it; opening it does nothing")
    async def ask(token: _Token) -> HTMLResponse:
        return _response(await _asked(service, secrets, token))

    @router.post("/a/{token}", summary="Do what the link says, once")
    async def act(token: _Token, request: Request, trace: Trace) -> HTMLResponse:
        fields = await _fields(request)
        return _response(await _acted(service, secrets, token, fields, trace))

    return router


async def _asked(service: Service, secrets: tuple[str, ...], token: str) -> Page:
    link = _link(service, secrets, token)
    if isinstance(link, Page):
        return link
    try:
        choices = await service.read(lambda tx: links.look(tx, link))
    except LinkUsed:
        return pages.used()
    except MovedOn:
        return pages.moved_on()
    except CommandRefused as why:
        return pages.refused(str(why))
    return pages.asks(link.verb, choices)


async def _acted(
    service: Service, secrets: tuple[str, ...], token: str, fields: dict[str, str] | None, trace: str | None
) -> Page:
    link = _link(service, secrets, token)
    if isinstance(link, Page):
        return link
    if fields is None:
        return pages.says(413, "Too long", "Nothing was done.", "Go back, and write less.")
    try:
        await service.tx(lambda tx: links.use(tx, link, fields, trace))
    except LinkUsed:
        return pages.used()
    except MovedOn:
        return pages.moved_on()
    except CommandRefused as why:
        return pages.refused(str(why))
    return pages.done(link.verb)


def _link(service: Service, secrets: tuple[str, ...], token: str) -> Link | Page:
    """The link, if it opens now; nothing is asked of the database for one that does not."""
    try:
        link = opened(token, secrets)
    except BadLink:
        return pages.bad()
    return pages.over() if link.over(service.clock.now()) else link


async def _fields(request: Request) -> dict[str, str] | None:
    """What was filled in; None, if it is too long."""
    try:
        body = await body_within(request, BODY_MAX)
    except Problem:
        return None
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=20)
    except ValueError:
        return {}
    return {name: value[:FIELD_MAX].replace("\x00", "") for name, value in pairs}


def _response(page: Page) -> HTMLResponse:
    return HTMLResponse(page.html, page.status, headers=_HEADERS)
