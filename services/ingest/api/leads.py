"""Ingest's endpoints for people and programs: send a lead, look one up, forget a person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from services.ingest import handlers
from services.ingest.api.accounts import add_accounts
from services.ingest.api.documents import Found, LeadOut
from services.ingest.api.history import add_history
from services.ingest.api.hooks import describe_hooks
from services.ingest.api.reception import Reception
from services.ingest.api.retelling import add_retelling
from services.ingest.api.sending import add_sending, fresh_id
from services.ingest.api.telling import add_telling
from services.ingest.domain.identity import email_of
from services.ingest.domain.phones import phone_of
from services.ingest.domain.submission import CannotUnderstand
from services.ingest.store.leads import KeptLead, find_leads, read_lead
from shared.contracts.values import Value
from shared.runtime.http import READERS, Gate, Problem
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.written import Written
from shared.terms import LeadId, Role


@dataclass(frozen=True, slots=True)
class Lookup:
    """One way to ask for a person."""

    email: Annotated[str | None, Query(max_length=254)] = None
    phone: Annotated[str | None, Query(max_length=40, description="With country code: +351…")] = None
    own_id: Annotated[
        Annotated[str, Field(max_length=241), Written(r"^[^:]+:.+$", "source:id, such as crm:4821")] | None,
        Query(description="A source's own id: source:id, such as crm:4821"),
    ] = None


def create_router(
    service: Service, gate: Gate, reception: Reception, new_id: Callable[[], str] = fresh_id
) -> APIRouter:
    """Ingest's endpoints. `new_id` names a request that does not name itself."""
    router = APIRouter(tags=["ingest"])
    describe_hooks(router)
    add_sending(router, service, gate, reception, new_id)
    add_accounts(router, service, gate, new_id)
    add_telling(router, service, gate, new_id)
    add_history(router, service, gate)
    add_retelling(router, service, gate)
    _add_reading(router, service, gate)
    _add_erasing(router, service, gate)
    return router


def _add_reading(router: APIRouter, service: Service, gate: Gate) -> None:
    readers = Depends(gate.needs(*READERS))

    @router.get(
        "/v1/leads",
        summary="Who is this? By e-mail, phone or a source's own id",
        dependencies=[readers],
        responses=problems(s422="Not exactly one way to ask, or not well written"),
    )
    async def find(asked: Annotated[Lookup, Depends()]) -> Found:
        """Phone numbers and addresses are found however they are written."""
        kind, value = _identity(asked)
        return Found(leads=list(await service.read(lambda tx: find_leads(tx, kind, value))))

    @router.get(
        "/v1/leads/{lead}",
        summary="A lead as ingest keeps it",
        dependencies=[readers],
        responses=problems(s404="Nobody knows this lead"),
    )
    async def show(lead: str) -> LeadOut:
        """Who it is, who said so, and how it ended. Of a lead that was merged or erased, only that."""
        found = await service.read(lambda tx: read_lead(tx, LeadId(lead)))
        if found is None:
            detail = f"There is no lead {lead}; look it up with GET /v1/leads?email=…"
            raise Problem(404, "Unknown lead", detail)
        return _lead_out(lead, found)


def _add_erasing(router: APIRouter, service: Service, gate: Gate) -> None:
    @router.delete(
        "/v1/leads/{lead}",
        status_code=204,
        summary="Forget a person, everywhere",
        responses=problems(
            s404="Nobody knows this lead",
            s410="It was merged into another: the detail says which one to erase",
        ),
        dependencies=[Depends(gate.needs(Role.MARKETING, Role.OPERATOR))],
    )
    async def erase(lead: str) -> None:
        """All of the person's leads, here and in every service; only their ids remain. Safe to repeat."""
        await service.tx(lambda tx: handlers.erase(tx, LeadId(lead)))


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
    # A plus that is not escaped in an address arrives as a space.
    return kind, (phone_of(f"+{value.strip().lstrip('+')}", None) or value) if kind == "phone" else value


def _lead_out(lead: str, kept: KeptLead) -> LeadOut:
    known = kept.known
    if known is None:
        return LeadOut(lead=lead, ending=kept.ending)
    return LeadOut(
        lead=lead,
        ending=kept.ending,
        merged_into=known.merged_into,
        earlier=known.earlier,
        later=kept.goes_on_as if kept.ending == "closed" else None,
        activities=known.seq,
        person=_given(known.person),
        email=known.email.address if known.email else None,
        company=_given(known.company),
        consent=known.consent.value,
        own_ids=dict(known.own_ids),
        said_by=dict(known.said_by),
    )


def _given(value: Value) -> dict[str, Any]:
    return {name: given for name in value.__struct_fields__ if (given := getattr(value, name)) is not None}
