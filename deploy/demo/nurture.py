"""The nurture tool of the demo: takes leads over signed webhooks, and says so; sometimes late."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from deploy.demo.calling import Calling, Chores
from deploy.demo.diary import Diary

CALLS_BACK: Final = "keep-warm"
"""The track whose tool acknowledges by a call of its own, as the agreement says."""
LATE_S: Final = 3.6
"""Later than the agreement allows."""


@dataclass(slots=True)
class NurtureTool:
    """One tool with two campaigns. It believes only signed calls, and knows each hand-over by its number."""

    calling: Calling
    diary: Diary
    seed: str
    key: str = ""
    nurtured: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    chores: Chores = field(default_factory=Chores)

    async def open(self) -> None:
        """The tool gets its key."""
        self.key = await self.calling.make_key("The nurture tool", "marketing")

    async def told(self, path: str, message: dict[str, Any]) -> int:
        """Baton tells it to start with a lead, to stop, or that it is taken back."""
        lead, action = message["lead"], message["action"]
        if action != "start":
            self.nurtured.discard(lead)
            self.diary.note(f"nurture {action}", f"The nurture tool is told: {action}")
            return 200
        return await self._start(lead, message["number"], message.get("track"), message.get("email") or lead)

    async def _start(self, lead: str, number: int, track: str | None, who: str) -> int:
        dice = Random(f"{self.seed}/{who}/{number}/{track}")
        luck = dice.random()
        first_time = f"{lead}/{number}" not in self._seen
        self._seen.add(f"{lead}/{number}")
        if luck < 0.04 and first_time:
            self.diary.note("nurture down", "The nurture tool is down for a moment (503)")
            return 503
        late = luck > 0.94
        if track == CALLS_BACK:
            wait_s = LATE_S + dice.random() if late else dice.uniform(0.1, 1.2)
            self.chores.begin(self._call_back(lead, number, wait_s))
        elif late:
            await asyncio.sleep(dice.uniform(0.5, 1.5))
        self.nurtured.add(lead)
        self.diary.note("nurture start", f"The nurture tool starts with a lead ({track or 'a track'})")
        return 202

    async def _call_back(self, lead: str, number: int, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        path = f"/v1/nurture/{lead}/acknowledge"
        response = await self.calling.call("POST", path, key=self.key, json={"number": number})
        if response.is_success:
            self.diary.note("acknowledged", "The nurture tool acknowledges")
        elif response.status_code in (409, 410):
            self.diary.note(
                "acknowledged late", "The nurture tool acknowledges too late, and is told so (409)"
            )
        else:
            self.diary.surprise(f"acknowledging failed: HTTP {response.status_code} {response.text[:200]}")
