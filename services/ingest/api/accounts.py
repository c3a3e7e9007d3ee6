"""Ingest's endpoint for whoever connects the CRM: what it says of a company."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.ingest import handlers
from services.ingest.api.sending import SENDERS, RequestKey, sender_of
from services.ingest.api.telling import Telling
from shared.contracts.ingest import AccountUpdated
from shared.mailboxes import registrable
from shared.runtime.http import Gate, Principal, Problem, Trace
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.written import ADDRESS

_Colleague = Annotated[
    Annotated[str, Field(max_length=254), ADDRESS] | None, Field(description="By their work e-mail address")
]
_Name = Annotated[str | None, Field(max_length=200)]


class AccountIn(BaseModel):
    """What the CRM says of a company, all of it: what is left out, or blank, is not so any more."""

    model_config = ConfigDict(extra="forbid")

    account: _Name = Field(default=None, description="The company's name in the CRM")
    relation: Literal["prospect", "customer", "partner"] = "prospect"
    owner: _Colleague = None
    manager: _Colleague = None
    pod: _Name = Field(default=None, description="The team that works it")
    open_opportunity: _Name = Field(default=None, description="The open deal, if there is one")
    opportunity_owner: _Colleague = None

    @field_validator("*", mode="before")
    @classmethod
    def _is_nothing_if_blank(cls, written: object) -> object:
        return (written.strip() or None) if isinstance(written, str) else written


class AccountTaken(BaseModel):
    """It is durable, and on its way to the company's leads."""

    domain: str = Field(description="The domain under which it is known")
    repeated: bool = Field(description="It came before: nothing was done again")


def add_accounts(router: APIRouter, service: Service, gate: Gate, new_id: Callable[[], str]) -> None:
    """PUT /v1/accounts/{domain}."""
    telling = Telling(service, new_id)

    @router.put(
        "/v1/accounts/{domain}",
        status_code=202,
        summary="What the CRM says of a company",
        responses=problems(
            s409="The same Idempotency-Key came with another body", s422="Not a domain, or not an account"
        ),
    )
    async def put_account(
        domain: str,
        account: AccountIn,
        who: Annotated[Principal, Depends(gate.needs(*SENDERS))],
        trace: Trace,
        idempotency_key: RequestKey = None,
    ) -> AccountTaken:
        """Leads of the company, those that are there and those that come, are scored and routed by it."""
        known_as = registrable(domain)
        if known_as is None:
            raise Problem(
                422, "No domain", f"{domain[:80]!r} is no company's domain: write it as acme.example"
            )
        source = sender_of(None, who)
        word = telling.word(f"account/{known_as}", account, who, source, idempotency_key, trace)
        said = AccountUpdated(domain=known_as, **account.model_dump())
        repeated = await telling.do(word, lambda tx, word: handlers.set_account(tx, word, said))
        return AccountTaken(domain=known_as, repeated=repeated)
