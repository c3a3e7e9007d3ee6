"""The roster over HTTP: import it as CSV, YAML or JSON, export it, read its history, let somebody leave."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from services.routing.api.reading import rows_of
from services.routing.api.writing import FORMATS, fields_of, written
from services.routing.domain.people.roster import RosterInvalid
from services.routing.handlers import roster
from services.routing.store.calendars import Source, sources
from services.routing.store.roster import Change, Listed
from shared.runtime.door import body_within
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.terms import Role

BODY_MAX: Final = 2 * 1024 * 1024
KEEPERS: Final = (Role.MANAGER, Role.OPERATOR)
_EXAMPLE: Final = (
    "person,name,teams,languages,calendar,absences,cover\n"
    "ana@acme.example,Ana Silva,inside,en;pt,lisbon,2026-12-24/2026-12-31 pto,rui@acme.example"
)
PersonPath = Annotated[str, Path(max_length=255, description="Work e-mail address")]
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


class AbsenceOut(BaseModel):
    """Time away: dates are whole days in the zone of the person, the last one too."""

    begin: str
    end: str
    kind: str = "pto"
    note: str = ""
    imported: bool = Field(default=False, description="It came from a calendar file")


class CalendarOut(BaseModel):
    """A calendar that is read again every hour. Its address may be a secret: only the server is shown."""

    server: str
    read_at: datetime = Field(description="When that last went well")
    failing_since: datetime | None = None
    why: str = Field(default="", description="Why it does not")


class PersonOut(BaseModel):
    """One person of the roster."""

    person: str = Field(description="Work e-mail address")
    name: str
    teams: dict[str, int] = Field(description="Teams, with the weight in each turn")
    languages: list[str]
    notify: str | None = Field(description="Where they are told")
    skills: list[str] = Field(default=[])
    calendar: str | None = Field(default=None, description="Whose hours of the agreement they work")
    zone: str | None = Field(default=None, description="Instead of the calendar's")
    holidays: str | None = Field(default=None, description="Instead of the calendar's")
    shifts: dict[str, list[str]] = Field(default={}, description="Hours instead of the calendar's")
    absences: list[AbsenceOut] = Field(default=[])
    cover: str | None = Field(default=None, description="Who has their leads while they are away")
    cover_takes_over: bool = Field(default=False, description="Also those that they hold already")
    calendar_read: CalendarOut | None = Field(default=None, description="Where their absences come from")
    active: bool
    version: int = Field(description="Counts their changes")


class ChangeOut(BaseModel):
    """One change of a person: what the roster has said of them since then, and who wrote it."""

    at: datetime
    by: str
    person: PersonOut


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
    """Import, export, list, history, leave."""
    router = APIRouter(tags=["roster"], responses=problems(s404="Nobody of the roster"))
    keeper = Depends(gate.needs(*KEEPERS))
    _add_whole(router, service, keeper)
    _add_one(router, service, keeper)
    return router


def _add_whole(router: APIRouter, service: Service, keeper: Any) -> None:
    @router.post("/v1/roster", summary="Import people: all or nothing", openapi_extra=_BODY)
    async def import_roster(request: Request, who: Annotated[Principal, keeper]) -> ImportedOut:
        body, kind = await body_within(request, BODY_MAX), request.headers.get("content-type", "text/csv")
        try:
            rows = rows_of(body, kind)
            done = await service.tx(lambda tx: roster.import_roster(tx, rows, who.known_as))
        except RosterInvalid as wrong:
            title = "Nothing was imported"
            raise Problem(422, title, str(wrong)[:2000], errors=wrong.errors) from None
        return ImportedOut(added=list(done.added), changed=list(done.changed), unchanged=done.unchanged)

    @router.get("/v1/roster", summary="Who can hold leads", dependencies=[keeper])
    async def read_roster() -> list[PersonOut]:
        everybody, read = await service.read(lambda tx: (roster.everybody(tx), sources(tx.conn)))
        return [person_out(listed, read.get(listed.entry.person)) for listed in everybody]

    @router.get(
        "/v1/roster/export",
        summary="Who can hold leads, as it is imported",
        response_class=Response,
        dependencies=[keeper],
    )
    async def export(format: Literal["csv", "yaml", "json"] = "csv") -> Response:
        everybody = await service.read(roster.everybody)
        document = written([listed.entry for listed in everybody if listed.active], format)
        return Response(document, media_type=FORMATS[format])


def _add_one(router: APIRouter, service: Service, keeper: Any) -> None:
    @router.get(
        "/v1/roster/{person}/history",
        summary="Every change of a person, and who made it",
        dependencies=[keeper],
    )
    async def history(person: PersonPath) -> list[ChangeOut]:
        changes = await service.read(lambda tx: roster.history(tx, person))
        return [_change_out(change) for change in changes]

    @router.post("/v1/roster/{person}/leave", summary="Somebody leaves, and hands over everything")
    async def leave(person: PersonPath, who: Annotated[Principal, keeper]) -> LeftOut:
        handed_over = await service.tx(lambda tx: roster.leave(tx, person, who.known_as))
        return LeftOut(person=person, handed_over=list(handed_over))


def _change_out(change: Change) -> ChangeOut:
    return ChangeOut(at=change.at, by=change.by, person=person_out(change.listed))


def person_out(listed: Listed, source: Source | None = None) -> PersonOut:
    """One person as the API shows them; `source`: where their absences are read."""
    usual: dict[str, Any] = {"languages": [], "notify": None}
    fields = usual | fields_of(listed.entry) | {"name": listed.entry.name, "teams": dict(listed.entry.teams)}
    person = PersonOut.model_validate({**fields, "active": listed.active, "version": listed.version})
    if source is not None:
        server = urlsplit(source.address).hostname or ""
        person.calendar_read = CalendarOut(
            server=server, read_at=source.read_at, failing_since=source.failing_since, why=source.why
        )
    return person
