"""How evenly a team's leads were shared, and why shares differ."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, Field

from services.routing.domain.turns.tally import Kind
from services.routing.handlers import fairness
from shared.runtime.http import WATCHERS, Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service

# Shares are exact inside; nobody reads more than this, nor a minus before a nought.
_Leads = Annotated[float, AfterValidator(lambda leads: round(leads, 3) + 0.0)]


class MemberOut(BaseModel):
    """One member's leads since the ledger began, and what explains the difference to their weight."""

    person: str
    weight: int = Field(description="0 for somebody who is not in the team now")
    given: int = Field(description="All the leads of this team that they were given")
    turns: int = Field(description="Those given by turn that still count")
    worth: int = Field(description="What these count for: by value, if the team counts so, else 1 each")
    exclusive: int = Field(description="Those that only they could take: they used no turn")
    named: int = Field(description="Those given by name")
    manual: int = Field(description="Those taken by hand")
    credited: int = Field(description="Turns that were given back")
    score: int = Field(description="The scores of all they were given, together")
    share: _Leads = Field(description="What they should have by turn, in leads")
    by_weight: _Leads = Field(description="What that would be, had everybody always been there")
    owed: _Leads = Field(description="How far they are behind their share now, compared with the team")
    from_others: _Leads = Field(description="What came on top because others could not take it")
    caught_up: _Leads = Field(description="What they caught up after an absence; negative if others did")
    passed: dict[str, _Leads] = Field(description="Their share of what went by them, by why")
    why: list[str] = Field(description="All of it in words")


class EntryOut(BaseModel):
    """One line of the debt ledger."""

    at: datetime
    person: str
    kind: Kind
    lead: str | None
    owed: float = Field(description="What the person is owed after it, in leads")
    moved: float = Field(description="By how much that moved")
    reason: str


class FairnessOut(BaseModel):
    """How evenly a team's leads were shared: in leads, or in what they count for if it counts by value."""

    team: str
    turn: str = Field(description="How members take turns")
    given: int
    members: list[MemberOut]
    newest: list[EntryOut] = Field(description="The ledger's last lines, the newest first")


def create_router(service: Service, gate: Gate) -> APIRouter:
    """The one question."""
    router = APIRouter(tags=["assignments"], responses=problems(s404="No such team"))

    @router.get(
        "/v1/teams/{team}/fairness",
        summary="How evenly a team's leads were shared, and why",
        dependencies=[Depends(gate.needs(*WATCHERS))],
    )
    async def read_fairness(team: Annotated[str, Path(max_length=80)]) -> FairnessOut:
        found = await service.read(lambda tx: fairness.fairness_of(tx, team))
        return FairnessOut(
            team=team,
            turn=found.turn,
            given=sum(member.given for member in found.members),
            members=[MemberOut.model_validate(member, from_attributes=True) for member in found.members],
            newest=[EntryOut.model_validate(entry, from_attributes=True) for entry in found.newest],
        )

    return router
