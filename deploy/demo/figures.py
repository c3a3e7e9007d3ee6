"""The demo's figures: all of them are Baton's own, from its ledger and its events, asked over HTTP."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from deploy.demo.calling import Calling
from deploy.demo.reps import REPS

STAGES: Final = ("captured", "scored", "qualified", "assigned", "accepted", "sales_qualified", "won", "lost")
CLOCKS: Final = ("reminded", "breached", "reassigned", "recycled", "returned", "refused")
IN_RESULT: Final = (
    "captured",
    "scored",
    "qualified",
    "assigned",
    "accepted",
    "reminded",
    "breached",
    "reassigned",
    "recycled",
    "returned",
)


@dataclass(slots=True)
class Figures:
    """What Baton said last."""

    counts: dict[str, Any]
    owners: dict[str, Any]
    routing: dict[str, Any]
    services: list[dict[str, Any]]
    in_hand: dict[str, int]

    @property
    def waiting(self) -> int:
        """Events that are said and not yet on the bus."""
        return sum(one["outbox"] for one in self.services)

    @property
    def parked(self) -> int:
        """Events that wait for a human."""
        return sum(one["parked"] for one in self.services)

    def result(self) -> dict[str, Any]:
        """What the demo's last line says."""
        return {
            **{name: self.counts[name] for name in IN_RESULT},
            "parked": self.parked,
            "leads_without_owner": self.owners["leads_without_owner"],
            "owner_gap_seconds": self.owners["owner_gap_seconds"],
            "capture_to_assigned_ms": self.counts["capture_to_assigned_ms"],
        }


class Watching:
    """Asks for figures again and again; one rep's hand each time, since that is the largest answer."""

    def __init__(self, calling: Calling) -> None:
        self._calling = calling
        self._in_hand = {rep.person: 0 for rep in REPS}
        self._turn = 0

    async def ask(self) -> Figures:
        """The figures of this moment."""
        paths = ("/v1/counts", "/v1/owners/summary", "/v1/routing/status", "/v1/status")
        rep = REPS[self._turn % len(REPS)]
        self._turn += 1
        *found, held = await asyncio.gather(
            *(self._calling.get(path) for path in paths),
            self._calling.get(f"/v1/reps/{rep.person}/leads"),
        )
        self._in_hand[rep.person] = len(held)
        return Figures(found[0], found[1], found[2], found[3], dict(self._in_hand))
