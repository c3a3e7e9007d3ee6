"""Who asks, for which lead, under which key: what every command over HTTP begins with."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Header, Path

from services.routing.domain.steps.act import Actor
from services.routing.handlers.commands import Command
from shared.runtime.http import Gate, Principal, Problem, Trace
from shared.terms import LeadId, Role

KEY_MAX: Final = 100

LeadPath = Annotated[str, Path(description="The lead's id", max_length=64)]
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_MAX,
        description="The same key again does nothing again; without one, the content serves as one.",
    ),
]


def asker(gate: Gate, *roles: Role) -> Callable[..., Command]:
    """A dependency that turns a request for a lead into a Command by somebody with one of these roles."""

    def command(
        lead: LeadPath,
        who: Annotated[Principal, Depends(gate.needs(*roles))],
        trace: Trace,
        idempotency_key: KeyHeader = None,
    ) -> Command:
        # A key belongs to who uses it: two reps may choose the same word.
        key = f"{who.id}/{idempotency_key}" if idempotency_key else None
        return Command(LeadId(lead), actor_of(who), key, trace)

    return command


def actor_of(who: Principal) -> Actor:
    """The person behind a key. A rep's key that stands for nobody can do nothing."""
    if who.role is Role.REP and who.person is None:
        detail = f"The key '{who.name}' stands for no person; make one for a work e-mail address."
        raise Problem(403, "Whose key is this?", detail)
    tool = who.role is Role.SOURCE
    return Actor(who.name if tool else who.known_as, manager=who.role is Role.MANAGER, tool=tool)
