"""The roster over HTTP: import it as CSV, YAML or JSON, read it, and let somebody leave."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from services.routing.api.reading import rows_of
from services.routing.domain.roster import RosterInvalid
from services.routing.handlers import roster
from services.routing.store.roster import Listed
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.service import Service
from shared.terms import Role

BODY_MAX: Final = 2 * 1024 * 1024
_KEEPERS: Final = (Role.MANAGER, Role.OPERATOR)
_EXAMPLE: Final = "person,name,teams,weight,languages,notify\nana@acme.example,Ana Silva,inside,1,en;pt,"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE},
            "application/yaml": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}


class PersonOut(BaseModel):
    """One person of the roster."""

    person: str = Field(description="Work e-mail address")
    name: str
    teams: dict[str, int] = Field(description="Teams, with the weight in each turn")
    languages: list[str]
    notify: str | None = Field(description="Where they are told")
    active: bool


class ImportedOut(BaseModel):
    """What an import changed."""

    added: list[str]
    changed: list[str]
    unchanged: int


class LeftOut(BaseModel):
    """What somebody who left handed over."""

    person: str
    handed_over: list[str] = Field(description="The leads that somebody else answers for now")


def create_router(service: Service, gate: Gate) -> APIRouter:
    """Import, list, leave."""
    router = APIRouter(tags=["roster"])
    keeper = Depends(gate.needs(*_KEEPERS))

    @router.post("/v1/roster", summary="Import people: all or nothing", openapi_extra=_BODY)
    async def import_roster(request: Request, who: Annotated[Principal, keeper]) -> ImportedOut:
        body, kind = await _body(request), request.headers.get("content-type", "text/csv")
        try:
            rows = rows_of(body, kind)
            done = await service.tx(lambda tx: roster.import_roster(tx, rows))
        except RosterInvalid as wrong:
            title = "Nothing was imported"
            raise Problem(422, title, str(wrong)[:2000], errors=wrong.errors) from None
        return ImportedOut(added=list(done.added), changed=list(done.changed), unchanged=done.unchanged)

    @router.get("/v1/roster", summary="Who can hold leads")
    async def read_roster(who: Annotated[Principal, keeper]) -> list[PersonOut]:
        return [_person_out(listed) for listed in await service.read(roster.everybody)]

    @router.post("/v1/roster/{person}/leave", summary="Somebody leaves, and hands over everything")
    async def leave(
        person: Annotated[str, Path(max_length=255)], who: Annotated[Principal, keeper]
    ) -> LeftOut:
        handed_over = await service.tx(lambda tx: roster.leave(tx, person))
        return LeftOut(person=person, handed_over=list(handed_over))

    return router


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MAX:
            raise Problem(413, "Too big", f"A roster has at most {BODY_MAX // 1024} KiB; import it in parts.")
    return body


def _person_out(listed: Listed) -> PersonOut:
    entry = listed.entry
    return PersonOut(
        person=entry.person,
        name=entry.name,
        teams=dict(entry.teams),
        languages=list(entry.languages),
        notify=entry.notify,
        active=listed.active,
    )
