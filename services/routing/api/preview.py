"""What if, now: where would a lead go, by when, and why. Nothing is written."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.shapes import AssignmentOut, assignment_out
from services.routing.handlers.preview import LEAD, preview
from shared.contracts.values import Account, Activity, Company, Email, Person, Snapshot
from shared.effects import CommandRefused
from shared.mailboxes import company_domain, email_of
from shared.runtime.http import READERS, Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.tx import Tx
from shared.runtime.written import ADDRESS
from shared.terms import Consent

_Word = Annotated[str, Field(max_length=200)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonIn(_In):
    """Who the lead is. `country` is ISO 3166-1 alpha-2, `region` ISO 3166-2, `language` ISO 639-1."""

    name: _Word | None = None
    title: _Word | None = None
    phone: _Word | None = None
    language: _Word | None = None
    country: _Word | None = None
    region: _Word | None = None
    postal_code: _Word | None = None


class CompanyIn(_In):
    """The company behind it."""

    name: _Word | None = None
    domain: _Word | None = Field(default=None, description="If not said, that of a work e-mail address")
    employees: int | None = Field(default=None, ge=0)
    industry: _Word | None = None
    country: _Word | None = None


class AccountIn(_In):
    """What the CRM says of the company. It is not looked up: what is not said here counts as not known."""

    domain: _Word | None = None
    relation: Literal["prospect", "customer", "partner"] = "prospect"
    owner: _Word | None = None
    manager: _Word | None = None
    pod: _Word | None = None
    open_opportunity: _Word | None = None
    opportunity_owner: _Word | None = None
    match: Literal["strong", "weak"] | None = None


class PreviewIn(_In):
    """A lead as it could come, scored."""

    person: PersonIn = PersonIn()
    email: Annotated[str, Field(max_length=254), ADDRESS] | None = None
    company: CompanyIn = CompanyIn()
    account: AccountIn | None = None
    consent: Consent = Consent.UNKNOWN
    interest: _Word | None = None
    source: _Word = ""
    campaign: _Word | None = None
    captured_via: _Word = "form"
    segment: _Word | None = Field(default=None, description="If not said, the agreement's first that holds")
    score: int = Field(default=0, ge=0, le=100)
    grade: Literal["A", "B", "C", "D"] | None = None
    fast_lane: bool = Field(default=False, description="Also if the activity takes one of the agreement's")
    activity: _Word | None = Field(default=None, description="What it did last, such as demo_requested")


def create_router(service: Service, gate: Gate) -> APIRouter:
    """The one question."""
    router = APIRouter(tags=["assignments"], responses=problems())

    @router.post(
        "/v1/route/preview",
        summary="Where a lead would go now, by when, and why; writes nothing",
        dependencies=[Depends(gate.needs(*READERS))],
    )
    async def read_preview(body: PreviewIn) -> AssignmentOut:
        def shown(tx: Tx) -> AssignmentOut:
            return assignment_out(LEAD, preview(tx, _story(body, tx.now)), tx.now, tx.agreement)

        return await service.read(shown)

    return router


def _story(body: PreviewIn, now: datetime) -> Snapshot:
    """The lead as ingest would have it."""
    plain = body.model_dump(exclude={"person", "email", "company", "account", "activity"})
    email, company = _email(body.email), Company(**body.company.model_dump())
    did = (Activity(seq=1, type=body.activity, at=now, source=body.source),) if body.activity else ()
    return Snapshot(
        **plain,
        person=Person(**body.person.model_dump()),
        email=email,
        company=replace(company, domain=company_domain(company.domain, email)),
        account=Account(**body.account.model_dump()) if body.account else None,
        activities=did,
    )


def _email(written: str | None) -> Email | None:
    try:
        return None if written is None else email_of(written)
    except ValueError as wrong:
        raise CommandRefused("invalid", f"email: {wrong}") from None
