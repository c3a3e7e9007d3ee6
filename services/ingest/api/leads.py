"""Ingest's endpoints for programs and people: one lead, an import, a look-up, an erasure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field

from services.ingest import handlers, store
from services.ingest.api.reception import Reception, as_problem
from services.ingest.domain.delivery import delivery_of, fingerprint
from services.ingest.domain.identity import email_of, phone_of
from services.ingest.domain.known import Known
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.reading import read_json
from services.ingest.domain.sources import CANONICAL, Kind, Source
from services.ingest.domain.submission import CannotUnderstand
from services.ingest.handlers import AnotherBody, Arrival, Receipt
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.service import Service
from shared.terms import LeadId, Role

API_SOURCE: Final = Source("api", Kind.STANDARD, activity="api_submitted", how="api", fields=CANONICAL)
ROWS_MAX: Final = 500
BODY_MAX: Final = 2 * 1024 * 1024
SENDERS: Final = (Role.SOURCE, Role.MARKETING, Role.OPERATOR)
READERS: Final = (Role.REP, Role.MANAGER, Role.MARKETING, Role.ARBITER, Role.OPERATOR)


class Taken(BaseModel):
    """A lead was taken in, durably."""

    lead: str | None
    repeated: bool = Field(description="It came before: nothing was done again")


class ImportIn(BaseModel):
    """Rows of a table, each an object in Baton's own field names: email, company: {name}, …"""

    source: str = Field(
        default="import", pattern=r"^[a-z0-9_-]{1,40}$", description="Whose ids the rows carry"
    )
    activity: str = Field(default="imported", max_length=60, description="What it means to be in this table")
    rows: list[dict[str, Any]] = Field(min_length=1, max_length=ROWS_MAX)


class RowOut(BaseModel):
    """What became of one row."""

    row: int = Field(description="Its place in the request, from 0")
    lead: str | None = None
    repeated: bool = False
    error: str | None = None


class ImportOut(BaseModel):
    """What became of every row: the good ones went in."""

    rows: list[RowOut]


class Found(BaseModel):
    """The leads that an identity leads to; more than one only where leads are kept per interest."""

    leads: list[str]


class LeadOut(BaseModel):
    """A lead as ingest keeps it."""

    lead: str
    ending: str | None = Field(
        description="How its journey ended: closed, merged, erased; null while it goes on"
    )
    merged_into: str | None = None
    earlier: str | None = Field(default=None, description="The closed lead that this person was before")
    activities: int = 0
    person: dict[str, Any] = {}
    email: str | None = None
    company: dict[str, Any] = {}
    consent: str | None = None
    said_by: dict[str, str] = Field(default={}, description="Which source said each field")


@dataclass(frozen=True, slots=True)
class Lookup:
    """One way to ask for a person."""

    email: Annotated[str | None, Query(max_length=254)] = None
    phone: Annotated[str | None, Query(max_length=40, description="With country code: +351…")] = None
    own_id: Annotated[str | None, Query(max_length=200, description="A source's own id: source:id")] = None


def create_router(service: Service, gate: Gate, reception: Reception) -> APIRouter:
    """Ingest's endpoints."""
    router = APIRouter(tags=["ingest"])
    _add_sending(router, service, gate, reception)
    _add_reading(router, service, gate)
    return router


def _add_sending(router: APIRouter, service: Service, gate: Gate, reception: Reception) -> None:
    @router.post("/v1/leads", status_code=202, summary="One lead, in Baton's own field names")
    async def take_lead(
        request: Request,
        who: Annotated[Principal, Depends(gate.needs(*SENDERS))],
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
    ) -> Taken:
        body = await _body(request)
        key = f"key:{idempotency_key}" if idempotency_key else f"sha256:{fingerprint(body)}"
        arrival = _arrival(
            service, API_SOURCE, body, delivery_of(f"api:{who.id}", key), bool(idempotency_key)
        )
        try:
            receipt = await reception.take_in(arrival)
        except AnotherBody as failed:
            raise as_problem(failed) from failed
        return Taken(lead=receipt.lead, repeated=receipt.repeated)

    @router.post("/v1/imports", summary="Rows of a table; the good ones go in, the others say why not")
    async def take_rows(
        table: ImportIn, who: Annotated[Principal, Depends(gate.needs(*SENDERS))]
    ) -> ImportOut:
        source = Source(table.source, Kind.STANDARD, activity=table.activity, how="import", fields=CANONICAL)
        return ImportOut(rows=await _import(service, reception, source, table.rows))


def _add_reading(router: APIRouter, service: Service, gate: Gate) -> None:
    readers = Depends(gate.needs(*READERS))

    @router.get(
        "/v1/leads", summary="Who is this? By e-mail, phone or a source's own id", dependencies=[readers]
    )
    async def find(asked: Annotated[Lookup, Depends()]) -> Found:
        kind, value = _identity(asked)
        return Found(leads=list(await service.read(lambda tx: store.find_leads(tx, kind, value))))

    @router.get("/v1/leads/{lead}", summary="A lead as ingest keeps it", dependencies=[readers])
    async def show(lead: str) -> LeadOut:
        found = await service.read(lambda tx: store.read_lead(tx, LeadId(lead)))
        if found is None:
            raise Problem(
                404, "Unknown lead", f"There is no lead {lead}; look it up with GET /v1/leads?email=…"
            )
        return _lead_out(lead, *found)

    @router.delete("/v1/leads/{lead}", status_code=204, summary="Forget a person, everywhere")
    async def erase(
        lead: str, who: Annotated[Principal, Depends(gate.needs(Role.MARKETING, Role.OPERATOR))]
    ) -> None:
        await service.tx(lambda tx: handlers.erase(tx, LeadId(lead)))


async def _body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > BODY_MAX:
        raise Problem(413, "Too big", f"A lead has at most {BODY_MAX} bytes.")
    return body


def _arrival(service: Service, source: Source, body: bytes, delivery: str, body_matters: bool) -> Arrival:
    now = service.clock.now()
    try:
        said = submission_from(source, read_json(body), now)
    except CannotUnderstand as wrong:
        raise Problem(422, "Not understood", str(wrong), field=wrong.field) from wrong
    return Arrival(source.name, delivery, body, now, said, body_matters=body_matters)


async def _import(
    service: Service, reception: Reception, source: Source, rows: list[dict[str, Any]]
) -> list[RowOut]:
    out = [RowOut(row=number) for number in range(len(rows))]
    arrivals: dict[int, Arrival] = {}
    for number, row in enumerate(rows):
        try:
            arrivals[number] = _row_arrival(service, source, row)
        except CannotUnderstand as wrong:
            out[number].error = str(wrong)
    results = await reception.take_in_all(list(arrivals.values()))
    for number, result in zip(arrivals, results, strict=True):
        _note(out[number], result)
    if any(as_problem(result).status == 503 for result in results if isinstance(result, Exception)):
        raise as_problem(next(result for result in results if isinstance(result, Exception)))
    return out


def _row_arrival(service: Service, source: Source, row: Mapping[str, Any]) -> Arrival:
    body = json.dumps(row, sort_keys=True, ensure_ascii=False).encode()
    # The row is its own delivery id: the same table again, or in other chunks, does nothing twice.
    delivery = delivery_of(f"import:{source.name}", f"sha256:{fingerprint(body)}")
    now = service.clock.now()
    return Arrival(source.name, delivery, body, now, submission_from(source, row, now))


def _note(out: RowOut, result: Receipt | Exception) -> None:
    if isinstance(result, Exception):
        out.error = str(result)
    else:
        out.lead, out.repeated = result.lead, result.repeated


def _identity(asked: Lookup) -> tuple[str, str]:
    given = [(kind, value) for kind in ("email", "phone", "own_id") if (value := getattr(asked, kind))]
    if len(given) != 1:
        raise Problem(422, "Who?", "Ask by exactly one of email, phone or own_id.")
    kind, value = given[0]
    if kind == "email":
        try:
            return kind, email_of(value).address
        except CannotUnderstand as wrong:
            raise Problem(422, "No e-mail address", str(wrong)) from wrong
    return kind, (phone_of(value, None) or value) if kind == "phone" else value


def _lead_out(lead: str, known: Known | None, ending: str | None) -> LeadOut:
    if known is None:
        return LeadOut(lead=lead, ending=ending)
    return LeadOut(
        lead=lead,
        ending=ending,
        merged_into=known.merged_into,
        earlier=known.earlier,
        activities=known.seq,
        person={n: v for n in known.person.__struct_fields__ if (v := getattr(known.person, n)) is not None},
        email=known.email.address if known.email else None,
        company={
            n: v for n in known.company.__struct_fields__ if (v := getattr(known.company, n)) is not None
        },
        consent=known.consent.value,
        said_by=dict(known.said_by),
    )
