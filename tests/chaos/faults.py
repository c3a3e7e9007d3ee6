"""What goes wrong in the kill tests. A scenario is a list of faults, drawn from one seed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Final, Literal

from aiokafka.errors import KafkaError

from deploy.processes import SERVICES
from shared.db.database import DatabaseUnavailable
from tests.chaos.place import Place

How = Literal["killed", "paused", "gone", "joined"]
KILLED_S: Final = (0.5, 2.0)
"""After how long a supervisor has a killed one running again."""
LOOKS_MAX: Final = 30
USUAL_BACKLOG: Final = 200
"""So many events wait in a Baton that is well, on a slow machine."""
CALM_S: Final = (2.0, 4.0)
"""From having caught up after one fault to the next."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Somebody is away for a while. `joined`: a second process of a service comes, and leaves again."""

    whom: str
    how: How
    lasts_s: float
    calm_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.whom} {self.how}"


@dataclass(slots=True)
class Suffered:
    """A fault that has been: when it began, when it was over, and what was seen while it lasted."""

    fault: Fault
    began_at: datetime
    ended_at: datetime
    seen: dict[str, float] = field(default_factory=dict)


Watch = Callable[[Fault, datetime], Awaitable[dict[str, float]]]
"""Asked just before a fault ends, with when it began: what is to be seen now?"""


def scenario(seed: str, *, more: int, gone_s: float, paused_s: float) -> list[Fault]:
    """Everyone is killed once; then `more` at random; somebody pauses; both servers go away for longer."""
    dice = Random(f"faults/{seed}")
    everyone = [*SERVICES, "kafka", "postgres"]
    in_turn = dice.sample(everyone, len(everyone))
    kills = [
        Fault(whom, "killed", dice.uniform(*KILLED_S)) for whom in (*in_turn, *dice.choices(everyone, k=more))
    ]
    others = [
        Fault(dice.choice(everyone), "paused", paused_s),
        Fault("kafka", "gone", gone_s),
        Fault("postgres", "gone", gone_s / 2),
        Fault(dice.choice(["scoring", "routing", "recycle"]), "joined", 4.0),
    ]
    faults = [*kills, *dice.sample(others, len(others))]
    return [replace(fault, calm_s=dice.uniform(*CALM_S)) for fault in faults]


async def suffer(fault: Fault, place: Place, watch: Watch) -> Suffered:
    """Let it happen, see to it that it is over, and say when that was."""
    await asyncio.sleep(fault.calm_s)
    began_at = datetime.now(UTC)
    seen = await (_join(fault, place) if fault.how == "joined" else _go_away(fault, place, watch))
    ended_at = datetime.now(UTC)
    await _caught_up(place)
    return Suffered(fault, began_at, ended_at, seen)


async def _go_away(fault: Fault, place: Place, watch: Watch) -> dict[str, float]:
    mortal, began_at = place.mortal(fault.whom), datetime.now(UTC)
    await asyncio.to_thread(mortal.pause if fault.how == "paused" else mortal.kill)
    await asyncio.sleep(fault.lasts_s)
    seen = await watch(fault, began_at)
    await asyncio.to_thread(mortal.resume if fault.how == "paused" else mortal.start)
    return seen


async def _join(fault: Fault, place: Place) -> dict[str, float]:
    service = next(one for one in SERVICES if one == fault.whom)
    second = place.baton.another(service)
    second.settings = {**second.settings, "BATON_MEMBER": ""}
    await asyncio.to_thread(second.start)
    await asyncio.to_thread(second.wait_ready)
    await asyncio.sleep(fault.lasts_s)
    await asyncio.to_thread(second.stop)
    place.baton.others.remove(second)
    return {}


async def _caught_up(place: Place) -> None:
    """Nobody has ended by itself, and most faults find a Baton that has recovered from the one before."""
    for process in place.baton.processes.values():
        await asyncio.to_thread(process.wait_ready)
    for _ in range(LOOKS_MAX):
        with suppress(KafkaError, DatabaseUnavailable):  # Its server is still waking up.
            if await place.backlog() <= USUAL_BACKLOG:
                return
        await asyncio.sleep(0.3)
