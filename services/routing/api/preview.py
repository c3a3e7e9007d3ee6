"""What if, now: where would a lead go, by when, and why. Nothing is written."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.shapes import AssignmentOut, assignment_out
from services.routing.handlers.preview import LEAD, preview
from shared.contracts.values import Account, Activity, Company, Email, Person, Snapshot
from shared.runtime.http import READERS, Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service
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
    domain: _Word | None = None
    employees: int | None = Field(default=None, ge=0)
    industry: _Word | None = None
    country: _Word | None = None


class AccountIn(_In):
    """What the CRM says of the company."""

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
    fast_lane: bool = False
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
        now = service.clock.now()
        did = (Activity(seq=1, type=body.activity, at=now, source=body.source),) if body.activity else ()
        story = msgspec.structs.replace(_story(body), activities=did)
        return await service.read(lambda tx: assignment_out(LEAD, preview(tx, story), tx.now, tx.agreement))

    return router


def _story(body: PreviewIn) -> Snapshot:
    plain = body.model_dump(exclude={"person", "email", "company", "account", "activity"})
    email = body.email
    return Snapshot(
        **plain,
        person=Person(**body.person.model_dump()),
        email=Email(address=email, domain=email.rpartition("@")[2]) if email else None,
        company=Company(**body.company.model_dump()),
        account=Account(**body.account.model_dump()) if body.account else None,
    )
