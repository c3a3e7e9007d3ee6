"""Everybody whom Baton calls in the kill tests: reps, some of whom answer, and a nurture tool."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import httpx

from deploy.demo.receiver import Receiver
from shared.terms import Role
from tests.processes import Grown

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EAGER: Final = ("rita@acme.example", "ravi@acme.example")
"""Told at an address of theirs, they accept, get in touch, and win or give back."""
LATE: Final = "piet@acme.example"
"""Is told, and does nothing."""
SILENT: Final = "mona@acme.example"
"""Has no address, and does nothing."""
CALM: Final = tuple(f"calm{number}@acme.example" for number in range(6))
KEEP_WARM: Final = "keep-warm"
TRIES: Final = 4
TRIES_APART_S: Final = 0.5


@dataclass(slots=True)
class Outside:
    """Listens on loopback and calls back over HTTP. `did` counts what came of it, by deed and status."""

    did: Counter[str] = field(default_factory=Counter)
    receiver: Receiver = field(init=False)
    _baton: Grown = field(init=False)
    _keys: dict[str, str] = field(default_factory=dict)
    _client: httpx.AsyncClient = field(init=False)
    _work: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        """Begin to listen."""
        self.receiver = Receiver(SECRET, self._told)
        await self.receiver.open()
        self._client = httpx.AsyncClient(timeout=5, trust_env=False)

    def meet(self, baton: Grown) -> None:
        """From now on, this is whom everyone calls, each with a key."""
        self._baton = baton
        self._keys = {rep: baton.ring.add(rep, Role.REP, rep) for rep in EAGER}
        self._keys["tool"] = baton.ring.add("the nurture tool", Role.MARKETING)

    async def close(self) -> None:
        """Nobody is there any more."""
        await self.receiver.close()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._client.aclose()

    def settings(self) -> dict[str, str]:
        """What Baton must be told of them."""
        tools = {"nurture": {"url": f"{self.receiver.url}/nurture", "secret": SECRET}}
        return {
            "BATON_ALLOW_PRIVATE_DESTINATIONS": "true",
            "BATON_RECYCLE_DESTINATIONS": json.dumps(tools),
            "BATON_ROUTING_NOTIFY_SECRET": SECRET,
            "BATON_ROUTING_DIGEST_WINDOW_S": "5",  # Its reps wait no longer than a second or two.
        }

    def roster(self) -> str:
        """The reps as `baton roster import` takes them."""
        told = [f"{rep},{rep},hot,{self.receiver.url}/reps/{rep}" for rep in (*EAGER, LATE)]
        untold = [f"{SILENT},{SILENT},hot,", *(f"{rep},{rep},calm," for rep in CALM)]
        return "\n".join(["person,name,teams,notify", *told, *untold]) + "\n"

    async def _told(self, path: str, message: dict[str, Any]) -> int:
        """What Baton says, to the nurture tool or to a rep; a digest says several things at once."""
        for told in message.get("leads", [message]):
            self._heard(path, told)
        return 202

    def _heard(self, path: str, told: dict[str, Any]) -> None:
        lead, action, rep = told["lead"], told["action"], path.rpartition("/")[2]
        if path == "/nurture":
            if action == "start" and told.get("track") == KEEP_WARM:
                self._begin(self._call_back(lead, int(told["number"])))
        elif action == "assigned" and rep in EAGER:
            self._begin(self._answer(rep, lead, str(told.get("since") or told.get("why"))))
        self.did[f"told {action}"] += 1

    async def _call_back(self, lead: str, number: int) -> None:
        await asyncio.sleep(Random(f"{lead}/{number}").uniform(0.1, 1.0))
        await self._do("recycle", "tool", f"/v1/nurture/{lead}/acknowledge", number=number)

    async def _answer(self, rep: str, lead: str, why: str) -> None:
        dice = Random(f"{rep}/{lead}/{why}")
        await asyncio.sleep(dice.uniform(0.2, 1.5))
        if not await self._act(rep, lead, "accept") or dice.random() < 0.25:
            return  # Somebody else has it, or they forget about it.
        await asyncio.sleep(dice.uniform(0.2, 1.5))
        if await self._act(rep, lead, "contact", channel="phone", outcome="reached"):
            fate = dice.random()
            if fate < 0.5:
                await self._act(rep, lead, "disqualify", reason="bad-timing", note="next quarter")
            elif fate < 0.7:
                await self._act(rep, lead, "disqualify", reason="not-a-lead", note="a student")

    async def _act(self, rep: str, lead: str, verb: str, **body: Any) -> bool:
        return await self._do("routing", rep, f"/v1/leads/{lead}/{verb}", **body)

    async def _do(self, service: Any, who: str, path: str, **body: Any) -> bool:
        """Call a few times, as people do; a process that is away costs them patience, not the lead."""
        url = self._baton.processes[service].url + path
        headers = {"authorization": f"Bearer {self._keys[who]}"}
        for _ in range(TRIES):
            try:
                answer = await self._client.post(url, json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(TRIES_APART_S)
                continue
            if answer.status_code < 500:
                self.did[f"{path.rpartition('/')[2]} {answer.status_code}"] += 1
                return answer.is_success
            await asyncio.sleep(TRIES_APART_S)
        return False

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
