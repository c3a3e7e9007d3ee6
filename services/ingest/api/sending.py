"""Ingest's endpoints for programs that send: one lead, or the rows of a table."""

import json
import re
import secrets  # noqa: TID251  # The edge: a request that does not name itself gets a name here.
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.ingest import metrics
from services.ingest.api.documents import (
    SOURCE_NAME,
    ImportIn,
    ImportOut,
    RowOut,
    Taken,
    lead_schema,
    takes,
)
from services.ingest.api.reception import Reception, as_problem
from services.ingest.domain.delivery import delivery_of, fingerprint
from services.ingest.domain.identity import own_id_of
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.reading import loose_text, read_json
from services.ingest.domain.sources import CANONICAL, Kind, Source
from services.ingest.domain.submission import CannotUnderstand
from services.ingest.handlers import AnotherBody, Arrival, Receipt
from shared.runtime.door import body_within
from shared.runtime.http import Gate, Principal, Problem, Trace
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.terms import Role

LEAD_MAX: Final = 2 * 1024 * 1024
SENDERS: Final = (Role.SOURCE, Role.MARKETING, Role.OPERATOR)

Sender = Annotated[
    Annotated[str, SOURCE_NAME] | None,
    Query(description="Whose ids `own_id` is one of, such as crm; your key if left out"),
]
RequestKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="Your name for this request: repeated with it, nothing is done twice",
    ),
]


def fresh_id() -> str:
    """An id that nobody can guess and nobody has had."""
    return secrets.token_hex(16)


def add_sending(
    router: APIRouter, service: Service, gate: Gate, reception: Reception, new_id: Callable[[], str]
) -> None:
    """POST /v1/leads and /v1/imports."""
    senders = gate.needs(*SENDERS)

    @router.post(
        "/v1/leads",
        status_code=202,
        summary="One lead, in Baton's own field names",
        openapi_extra=takes(lead_schema()),
        responses=problems(s409="The same Idempotency-Key came with another body", s413="Too big"),
    )
    async def take_lead(
        request: Request,
        who: Annotated[Principal, Depends(senders)],
        trace: Trace,
        source: Sender = None,
        idempotency_key: RequestKey = None,
    ) -> Taken:
        """Answered when it is durable. The same person again is an activity of the lead they are already."""
        body = await body_within(request, LEAD_MAX)
        # Hashed, because people put addresses into keys, and what is kept for ever must not name a person.
        key = f"key:{fingerprint(idempotency_key.encode())}" if idempotency_key else f"request:{new_id()}"
        delivery = delivery_of(f"api:{who.id}", key)
        arrival = _arrival(service, _api_source(source, who), body, delivery, trace)
        receipt = await _taken_in(reception, arrival)
        return _taken(arrival, receipt)

    @router.post(
        "/v1/imports",
        summary="Rows of a table; the good ones go in, the others say why not",
        openapi_extra=takes(ImportIn.model_json_schema()),
        responses=problems(s413="Too big"),
        dependencies=[Depends(senders)],
    )
    async def take_rows(request: Request) -> ImportOut:
        """Safe to repeat, whole or in other chunks: a row that came before does nothing again."""
        table = _table(await request.body())
        return ImportOut(rows=await _import(service, reception, _table_source(table), table.rows))


def sender_of(source: str | None, who: Principal) -> str:
    """Whose ids and words these are: the source that is named, or else the key."""
    # Two programs that both count their customers from 1 must not share them.
    return source or "api-" + re.sub("[^a-z0-9_-]", "-", who.id.lower())[:36]


def _api_source(source: str | None, who: Principal) -> Source:
    return Source(
        sender_of(source, who), Kind.STANDARD, activity="api_submitted", how="api", fields=CANONICAL
    )


def _table_source(table: ImportIn) -> Source:
    activity = loose_text("activity", table.activity) or "imported"
    return Source(table.source, Kind.STANDARD, activity=activity, how="import", fields=CANONICAL)


def _arrival(service: Service, source: Source, body: bytes, delivery: str, trace: str | None) -> Arrival:
    now = service.clock.now()
    try:
        said = submission_from(source, read_json(body), now)
    except CannotUnderstand as wrong:
        raise Problem(422, "Not understood", str(wrong), field=wrong.field) from wrong
    return Arrival(source.name, delivery, body, now, said, traceparent=trace, body_matters=True)


async def _taken_in(reception: Reception, arrival: Arrival) -> Receipt:
    try:
        receipt = await reception.take_in(arrival)
    except AnotherBody as failed:
        raise as_problem(failed) from failed
    _count("api", arrival, receipt)
    return receipt


def _taken(arrival: Arrival, receipt: Receipt) -> Taken:
    said = arrival.submission
    own_id = own_id_of(said.connector, said.own_id) if said is not None and said.own_id else None
    doubts = dict(said.doubts) if said is not None else {}
    return Taken(lead=receipt.lead, repeated=receipt.repeated, own_id=own_id, doubts=doubts)


def _table(body: bytes) -> ImportIn:
    try:
        return ImportIn.model_validate(read_json(body))
    except CannotUnderstand as wrong:
        raise Problem(422, "Not understood", str(wrong), field=wrong.field) from wrong
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [{**error, "loc": ("body", *error["loc"])} for error in errors]
        ) from wrong


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
    for (number, arrival), result in zip(arrivals.items(), results, strict=True):
        _note(out[number], arrival, result)
    return out


def _row_arrival(service: Service, source: Source, row: Mapping[str, Any]) -> Arrival:
    body = json.dumps(row, sort_keys=True).encode()
    # The row is its own delivery id: the same table again, or in other chunks, does nothing twice.
    delivery = delivery_of(f"import:{source.name}", f"sha256:{fingerprint(body)}")
    now = service.clock.now()
    return Arrival(source.name, delivery, body, now, submission_from(source, row, now))


def _note(out: RowOut, arrival: Arrival, result: Receipt | Exception) -> None:
    if isinstance(result, Receipt):
        out.lead, out.repeated = result.lead, result.repeated
        _count("import", arrival, result)
        return
    if as_problem(result).status == 503:
        raise as_problem(result)
    out.error = str(result)


def _count(edge: str, arrival: Arrival, receipt: Receipt) -> None:
    # By edge: a sender names its source as it likes, and each name would be a series for ever.
    if arrival.submission is not None and not receipt.repeated:
        metrics.count_fields(edge, arrival.submission)
