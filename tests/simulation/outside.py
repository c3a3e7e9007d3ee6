"""The outside tools: a nurture tool and the reps' notifications, as slow and broken as real ones."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.runtime.service import Answer
from tests.simulation.luck import Luck


@dataclass(slots=True)
class Outside:
    """Stands where HTTP calls leave. `delivered` is told what a tool got, also if its answer is lost.

    `down`: whose addresses answer nothing for a while.
    """

    luck: Luck
    delivered: Callable[[str, dict[str, Any]], None]
    seen: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        key: str,
        secret: str | None = None,
        traceparent: str | None = None,
        bearer: str | None = None,
    ) -> Answer:
        """One attempt, with the luck of the seed."""
        self.luck.note("post", url, key)
        is_down = not self.luck.healed and any(name in url for name in self.down)
        if is_down or self.luck.chance(0.12):
            self.luck.marks["a tool fails"] += 1
            return Answer(
                False, "503 Service Unavailable", retry_after_s=5.0 if self.luck.chance(0.3) else None
            )
        if key in self.seen:
            self.luck.marks["a tool hears the same key again"] += 1
        else:
            self.seen.add(key)
            self.delivered(url, json.loads(body))
        if self.luck.chance(0.1):
            self.luck.marks["an answer is lost"] += 1
            return Answer(False, "ReadTimeout")
        return Answer(True, "200 OK")

    async def close(self) -> None:
        """Nothing is open."""
