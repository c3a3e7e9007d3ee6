"""Ingest's endpoints for what is told of a known lead: two are one, consent, what became of a deal."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest import handlers
from services.ingest.api.reception import as_problem
from services.ingest.api.sending import SENDERS, RequestKey, Sender, sender_of
from services.ingest.domain.delivery import delivery_of, fingerprint
from services.ingest.handlers import AnotherBody, Told, Word
from shared.contracts.ingest import ConsentChanged, OutcomeReported
from shared.runtime.http import Gate, Principal, Trace
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.tx import Tx
from shared.runtime.written import AMOUNT, CURRENCY
from shared.terms import Consent, LeadId, Role

T = TypeVar("T")

MERGERS: Final = (Role.MARKETING, Role.MANAGER, Role.OPERATOR)
_PROBLEMS: Final = problems(
    s404="Nobody knows this lead",
    s409="The same Idempotency-Key came with another body",
    s410="It was merged into another, which the detail names, or erased",
)


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MergeIn(_In):
    """Which lead goes on."""

    survivor: str = Field(max_length=64, description="The lead that goes on: it keeps its owner")


class ConsentIn(_In):
    """What may be done with the person, from now on, by whatever channel."""

    consent: Consent
    channel: str = Field(default="all", max_length=40, description="Where it was said of, for the record")
    proof: str = Field(default="", max_length=500, description="Where it can be looked up")


class OutcomeIn(_In):
    """What the CRM says became of it."""

    outcome: Literal["opportunity", "won", "lost"]
    happened_at: AwareDatetime | None = Field(default=None, description="When; now if left out")
    opportunity: str | None = Field(default=None, max_length=200, description="The deal's id in the CRM")
    value: Annotated[str, AMOUNT] | None = Field(default=None, description="A decimal number: 38400.00")
    currency: Annotated[str, CURRENCY] | None = Field(default=None, description="Such as EUR")
    reason: str | None = Field(
        default=None, max_length=500, description="Why it was lost, in the CRM's words"
    )


class ToldOut(BaseModel):
    """It is durable, and on its way to whoever has the lead."""

    lead: str = Field(description="The lead that it is about; after a merge, the one that goes on")
    repeated: bool = Field(description="It came before: nothing was done again")


class Telling:
    """How each of these requests is named, done and answered."""

    def __init__(self, service: Service, new_id: Callable[[], str]) -> None:
        self._service, self._new_id = service, new_id

    async def do(self, word: Word, work: Callable[[Tx, Word], T]) -> T:
        try:
            return await self._service.tx(lambda tx: work(tx, word))
        except AnotherBody as failed:
            raise as_problem(failed) from failed

    def now(self) -> datetime:
        return self._service.clock.now()

    def word(
        self, verb: str, body: BaseModel, who: Principal, source: str, key: str | None, trace: str | None
    ) -> Word:
        # Hashed, as in POST /v1/leads: what is kept for ever must not name a person.
        name = f"key:{fingerprint(key.encode())}" if key else f"request:{self._new_id()}"
        delivery = delivery_of(f"api:{who.id}/{verb}", name)
        return Word(delivery, source, body.model_dump_json().encode(), trace)


def add_telling(router: APIRouter, service: Service, gate: Gate, new_id: Callable[[], str]) -> None:
    """POST /v1/leads/{lead}/merge, …/consent and …/outcome."""
    telling = Telling(service, new_id)
    _add_merge(router, telling, gate)
    _add_consent(router, telling, gate)
    _add_outcome(router, telling, gate)


def _add_merge(router: APIRouter, telling: Telling, gate: Gate) -> None:
    @router.post(
        "/v1/leads/{lead}/merge",
        status_code=202,
        summary="This lead is the same person as another, which goes on",
        responses=_PROBLEMS,
    )
    async def merge(
        lead: str,
        body: MergeIn,
        who: Annotated[Principal, Depends(gate.needs(*MERGERS))],
        trace: Trace,
        idempotency_key: RequestKey = None,
    ) -> ToldOut:
        """Both must be going on. There is no way back."""
        word = telling.word(f"merge/{lead}", body, who, sender_of(None, who), idempotency_key, trace)
        survivor = LeadId(body.survivor)
        return _out(await telling.do(word, lambda tx, word: handlers.merge(tx, word, LeadId(lead), survivor)))


def _add_consent(router: APIRouter, telling: Telling, gate: Gate) -> None:
    @router.post(
        "/v1/leads/{lead}/consent",
        status_code=202,
        summary="What may be done with this person",
        responses=_PROBLEMS,
    )
    async def consent(
        lead: str,
        body: ConsentIn,
        who: Annotated[Principal, Depends(gate.needs(*SENDERS))],
        trace: Trace,
        source: Sender = None,
        idempotency_key: RequestKey = None,
    ) -> ToldOut:
        """Of all their leads. Who refuses goes to the privacy desk at once, whoever has them."""
        word = telling.word(f"consent/{lead}", body, who, sender_of(source, who), idempotency_key, trace)
        said = ConsentChanged(
            consent=body.consent, channel=body.channel, proof=body.proof, source=word.source
        )
        return _out(
            await telling.do(word, lambda tx, word: handlers.set_consent(tx, word, LeadId(lead), said))
        )


def _add_outcome(router: APIRouter, telling: Telling, gate: Gate) -> None:
    @router.post(
        "/v1/leads/{lead}/outcome",
        status_code=202,
        summary="What became of this lead: opportunity, won or lost",
        responses=_PROBLEMS,
    )
    async def outcome(
        lead: str,
        body: OutcomeIn,
        who: Annotated[Principal, Depends(gate.needs(*SENDERS))],
        trace: Trace,
        source: Sender = None,
        idempotency_key: RequestKey = None,
    ) -> ToldOut:
        """Whoever has the lead acts on it: won closes it, lost gives it back to nurture."""
        word = telling.word(f"outcome/{lead}", body, who, sender_of(source, who), idempotency_key, trace)
        happened_at = body.happened_at or telling.now()
        given = body.model_dump(exclude={"happened_at"})
        said = OutcomeReported(**given, happened_at=happened_at, source=word.source)
        return _out(
            await telling.do(word, lambda tx, word: handlers.report_outcome(tx, word, LeadId(lead), said))
        )


def _out(told: Told) -> ToldOut:
    return ToldOut(lead=told.lead, repeated=told.repeated)
