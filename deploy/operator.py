"""The operator's endpoints of a process: what waits, is parked or given up in its services; who has a key."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from deploy.agreements import add_agreement
from deploy.errands import add_errands
from deploy.keyfile import wrong_with_key
from deploy.parked import add_parked
from shared.runtime.http import WATCHERS, Gate, Principal, Problem
from shared.runtime.keys import KeyRing, UnknownKey
from shared.runtime.overview import overview
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.shelf import Shelf
from shared.terms import Role

T = TypeVar("T")


class ServiceStatus(BaseModel):
    """What waits in one service."""

    service: str
    agreement: str
    outbox: int = Field(description="Events said and not yet on the bus")
    parked: int
    parked_since: datetime | None
    clocks: int
    next_due_at: datetime | None
    errands_waiting: int
    errands_given_up: int = Field(description="Calls to tools and people that were given up: /v1/errands")


class KeyIn(BaseModel):
    """A key to make. A rep's key names the person whose leads it may act on."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    role: Role
    person: str | None = Field(default=None, max_length=200)


class KeyOut(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    role: Role
    person: str | None


class NewKey(KeyOut):
    """A key that was just made. It is shown this once."""

    key: str


def create_operator_router(services: Sequence[Service], gate: Gate, ring: KeyRing, shelf: Shelf) -> APIRouter:
    """Status, parked events, errands given up, keys, and the versions of the agreement."""
    router = APIRouter(
        tags=["operator"], responses=problems(s404="Nobody knows it", s409="Not as things are now")
    )
    by_name = {service.name: service for service in services}
    _add_status(router, services, gate)
    add_parked(router, by_name, gate)
    add_errands(router, by_name, gate)
    _add_keys(router, gate, ring)
    add_agreement(router, services, gate, shelf)
    return router


def _add_status(router: APIRouter, services: Sequence[Service], gate: Gate) -> None:
    readers = Depends(gate.needs(*WATCHERS))

    @router.get("/v1/status", summary="What waits in every service", dependencies=[readers])
    async def status() -> list[ServiceStatus]:
        return [await _status_of(service) for service in services]


async def _status_of(service: Service) -> ServiceStatus:
    found = await service.read(overview)
    agreement = service.agreements.in_force(service.clock.now())
    return ServiceStatus(
        service=service.name,
        agreement=agreement.ref,
        outbox=found.outbox,
        parked=found.parked,
        parked_since=found.parked_since,
        clocks=found.clocks,
        next_due_at=found.next_due_at,
        errands_waiting=found.errands_waiting,
        errands_given_up=found.errands_given_up,
    )


def _add_keys(router: APIRouter, gate: Gate, ring: KeyRing) -> None:
    @router.get("/v1/keys", summary="Who has a key", dependencies=[Depends(gate.needs(Role.OPERATOR))])
    async def keys() -> list[KeyOut]:
        return [_key_out(principal) for principal in ring.principals()]

    @router.post(
        "/v1/keys", status_code=201, summary="Make a key", dependencies=[Depends(gate.needs(Role.OPERATOR))]
    )
    async def add(new: KeyIn) -> NewKey:
        wrong = wrong_with_key(new.name, new.role, new.person)
        if wrong is not None:
            raise Problem(422, "Whose key?", f"{wrong[0]}: {wrong[1]}", field=wrong[0])
        token = _kept(lambda: ring.add(new.name, new.role, new.person))
        principal = ring.whose(token)
        assert principal is not None, "the key was made a line ago"
        return NewKey(**_key_out(principal).model_dump(), key=token)

    @router.delete("/v1/keys/{key_id}", status_code=204, summary="Revoke a key")
    async def revoke(key_id: str, who: Annotated[Principal, Depends(gate.needs(Role.OPERATOR))]) -> None:
        if key_id == who.id:
            raise Problem(
                409, "Your own key", "An operator does not revoke the key in hand; use another one."
            )
        try:
            _kept(lambda: ring.revoke(key_id))
        except UnknownKey as unknown:
            raise Problem(404, "Unknown key", str(unknown)) from unknown


def _kept(change: Callable[[], T]) -> T:
    """What a change of the key file gives. A file that processes share is often read only for them."""
    try:
        return change()
    except OSError as closed:
        detail = (
            f"This process can not write its key file ({closed.strerror}): use `baton keys add --file` there."
        )
        raise Problem(409, "Keys are written elsewhere", detail) from closed


def _key_out(principal: Principal) -> KeyOut:
    return KeyOut.model_validate(principal, from_attributes=True)
