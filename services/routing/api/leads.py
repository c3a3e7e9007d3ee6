"""What a rep does with a lead: accept, reject, contact, meet, qualify, give it back, win or lose the deal."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.routing.api.asking import asker
from services.routing.api.shapes import LeadOut, lead_out
from services.routing.domain.model import GivingUp
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers import commands
from services.routing.handlers.commands import Command
from shared.runtime.http import Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.written import ADDRESS, AMOUNT, CURRENCY
from shared.terms import Role

_Word = Annotated[str, Field(min_length=1, max_length=80)]
_Note = Annotated[str, Field(max_length=2000)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RejectIn(_In):
    """No, and why."""

    reason: _Word = Field(description="One of the agreement's `reject`, such as wrong-team")
    note: _Note = ""
    duplicate_of: str | None = Field(default=None, max_length=64, description="The lead it is one with")


class ContactIn(_In):
    """One attempt or conversation."""

    channel: _Word = Field(description="phone, e-mail, meeting …")
    direction: Literal["out", "in"] = "out"
    outcome: Annotated[str, Field(max_length=200)] = Field(default="", description="reached, no answer …")
    note: _Note = ""
    happened_at: AwareDatetime | None = Field(default=None, description="If it is reported later")


class MeetingIn(_In):
    """A meeting that is ahead."""

    starts_at: AwareDatetime
    attendee: Annotated[str, Field(max_length=320), ADDRESS] | None = Field(
        default=None, description="The colleague whom the lead meets; whoever answers for it, without"
    )
    note: _Note = ""


class MetIn(_In):
    """What became of a meeting."""

    note: _Note = ""


class SnoozeIn(_In):
    """Until when to wait for the lead, and why."""

    until: AwareDatetime = Field(description="At the latest; it ends sooner if the lead acts")
    reason: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="What is waited for, such as: they are on holiday"
    )


class QualifyIn(_In):
    """The answers that make it an SQL."""

    answers: dict[_Word, _Note] = Field(default={}, description="What the agreement's `sql: requires` asks")


class DisqualifyIn(_In):
    """Not now, or never, and why."""

    reason: _Word = Field(description="One of the agreement's recycle reasons, such as bad-timing")
    sub_reason: Annotated[str, Field(max_length=200)] = ""
    note: _Note = ""
    revisit_on: date | None = Field(default=None, description="When it makes sense to ask again")
    answers: dict[_Word, _Note] = Field(default={}, description="What the reason asks, such as who_decides")


class WonIn(_In):
    """Revenue."""

    value: Annotated[str, AMOUNT] | None = None
    currency: Annotated[str, CURRENCY] | None = None


class LostIn(DisqualifyIn):
    """The deal is lost, and why."""

    reason: _Word = "lost"


class RefuseIn(_In):
    """No to a hand-off, and why."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


def create_router(service: Service, gate: Gate) -> APIRouter:
    """The commands of reps; a manager may give them in a rep's place."""
    router = APIRouter(
        tags=["leads in sales"],
        responses=problems(
            s404="Nobody knows this lead", s409="Not where the lead is now", s410="The lead is over or gone"
        ),
    )
    asks = Depends(asker(gate, Role.REP, Role.MANAGER))
    _add_answers(router, service, asks)
    _add_work(router, service, asks)
    _add_reports(router, service, Depends(asker(gate, Role.REP, Role.MANAGER, Role.SOURCE)))
    _add_ends(router, service, asks)
    _add_handoff(router, service, asks)
    return router


def _add_answers(router: APIRouter, service: Service, asks: Command) -> None:
    @router.post("/v1/leads/{lead}/accept", summary="Yes: it is an SAL")
    async def accept(command: Command = asks) -> LeadOut:
        return lead_out(command.lead, await service.tx(lambda tx: commands.accept(tx, command)))

    @router.post("/v1/leads/{lead}/reject", summary="No, with a reason of the agreement")
    async def reject(body: RejectIn, command: Command = asks) -> LeadOut:
        state = await service.tx(
            lambda tx: commands.reject(tx, command, body.reason, body.note, body.duplicate_of)
        )
        return lead_out(command.lead, state)


def _add_work(router: APIRouter, service: Service, asks: Command) -> None:
    @router.post("/v1/leads/{lead}/snooze", summary="Wait for the lead: the clocks stand still")
    async def snooze(body: SnoozeIn, command: Command = asks) -> LeadOut:
        state = await service.tx(lambda tx: commands.snooze(tx, command, body.until, body.reason))
        return lead_out(command.lead, state)

    @router.post("/v1/leads/{lead}/qualify", summary="It is an SQL: the required answers are there")
    async def qualify(body: QualifyIn, command: Command = asks) -> LeadOut:
        state = await service.tx(lambda tx: commands.qualify(tx, command, body.answers))
        return lead_out(command.lead, state)


def _add_reports(router: APIRouter, service: Service, asks: Command) -> None:
    """What a tool may report too, by a key of role source: then it is told apart from a rep's own word."""

    @router.post("/v1/leads/{lead}/contact", summary="One attempt or conversation")
    async def contact(body: ContactIn, command: Command = asks) -> LeadOut:
        said = Contact(**body.model_dump())
        return lead_out(command.lead, await service.tx(lambda tx: commands.contact(tx, command, said)))

    @router.post("/v1/leads/{lead}/meetings", summary="A meeting is booked, or the one ahead is moved")
    async def book_meeting(body: MeetingIn, command: Command = asks) -> LeadOut:
        state = await service.tx(
            lambda tx: commands.book_meeting(tx, command, body.starts_at, body.attendee, body.note)
        )
        return lead_out(command.lead, state)

    @router.post("/v1/leads/{lead}/meetings/held", summary="The meeting took place")
    async def hold_meeting(body: MetIn | None = None, command: Command = asks) -> LeadOut:
        note = body.note if body is not None else ""
        state = await service.tx(lambda tx: commands.hold_meeting(tx, command, note))
        return lead_out(command.lead, state)

    @router.post("/v1/leads/{lead}/meetings/missed", summary="The lead did not come to the meeting")
    async def miss_meeting(body: MetIn | None = None, command: Command = asks) -> LeadOut:
        note = body.note if body is not None else ""
        state = await service.tx(lambda tx: commands.miss_meeting(tx, command, note))
        return lead_out(command.lead, state)

    @router.post("/v1/leads/{lead}/meetings/cancelled", summary="The meeting ahead will not take place")
    async def cancel_meeting(body: MetIn | None = None, command: Command = asks) -> LeadOut:
        note = body.note if body is not None else ""
        state = await service.tx(lambda tx: commands.cancel_meeting(tx, command, note))
        return lead_out(command.lead, state)


def _add_ends(router: APIRouter, service: Service, asks: Command) -> None:
    @router.post("/v1/leads/{lead}/disqualify", summary="Not now, or never: back to nurture, with a reason")
    async def disqualify(body: DisqualifyIn, command: Command = asks) -> LeadOut:
        why = GivingUp(**body.model_dump())
        return lead_out(command.lead, await service.tx(lambda tx: commands.disqualify(tx, command, why)))

    @router.post("/v1/leads/{lead}/won", summary="Revenue: the journey is over")
    async def won(body: WonIn, command: Command = asks) -> LeadOut:
        state = await service.tx(lambda tx: commands.win(tx, command, body.value, body.currency))
        return lead_out(command.lead, state)

    @router.post("/v1/leads/{lead}/lost", summary="The deal is lost: back to nurture")
    async def lost(body: LostIn, command: Command = asks) -> LeadOut:
        why = GivingUp(**body.model_dump())
        return lead_out(command.lead, await service.tx(lambda tx: commands.lose(tx, command, why)))


def _add_handoff(router: APIRouter, service: Service, asks: Command) -> None:
    @router.post("/v1/leads/{lead}/handoff/accept", summary="The account executive takes it over")
    async def accept_handoff(command: Command = asks) -> LeadOut:
        return lead_out(command.lead, await service.tx(lambda tx: commands.accept_handoff(tx, command)))

    @router.post("/v1/leads/{lead}/handoff/refuse", summary="The account executive does not take it over")
    async def refuse_handoff(body: RefuseIn, command: Command = asks) -> LeadOut:
        state = await service.tx(lambda tx: commands.refuse_handoff(tx, command, body.reason))
        return lead_out(command.lead, state)
