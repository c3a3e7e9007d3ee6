"""The reps of the demo: told over signed webhooks, they accept, call, meet, hand on, give back, forget."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from deploy.demo.calling import Calling, Chores
from deploy.demo.diary import Diary

TOO_LATE: Final = (403, 404, 409, 410)
"""Answers to a rep who acts on a lead that has gone on without them."""
TAKEN_OVER: Final = "handed to account executive"
GIVING_BACK: Final = {
    "bad-timing": 40,
    "unreachable": 25,
    "no-budget": 15,
    "no-need": 11,
    "no-fit": 6,
    "do-not-contact": 3,
}
NOTES: Final = {
    "bad-timing": "They re-tender next quarter",
    "unreachable": "Three calls, no answer",
    "no-budget": "The budget is frozen until spring",
    "no-need": "They have just bought something else",
    "no-fit": "Too small for us",
    "do-not-contact": "Asked not to be called again",
}


@dataclass(frozen=True, slots=True)
class Rep:
    """One rep: where they sit, and how likely they are to do anything in time."""

    name: str
    team: str
    languages: str
    diligence: float

    @property
    def person(self) -> str:
        return f"{self.name.lower()}@acme.example"


REPS: Final = (
    Rep("Rita", "enterprise", "en", 0.95),
    Rep("Ravi", "enterprise", "en", 0.9),
    Rep("Hugo", "enterprise", "en;fr", 0.7),
    Rep("Ida", "inside", "en", 0.95),
    Rep("Igor", "inside", "en;de", 0.9),
    Rep("Piet", "inside", "en;nl", 0.45),
    Rep("Mona", "inside", "en", 0.9),
    Rep("Sol", "spanish", "es;en", 0.95),
    Rep("Santi", "spanish", "es;en", 0.85),
    Rep("Vera", "spanish", "es;en", 0.75),
    Rep("Eva", "executives", "en;es", 0.95),
    Rep("Emil", "executives", "en", 0.8),
)
LEAVES: Final = "mona@acme.example"
"""Leaves the company in the middle of it all."""


@dataclass(slots=True)
class Office:
    """All reps at work. Their dice depend on the lead and what they were told, not on who was faster."""

    calling: Calling
    diary: Diary
    seed: str
    keys: dict[str, str] = field(default_factory=dict)
    chores: Chores = field(default_factory=Chores)

    def roster(self, url: str) -> str:
        """The roster's file; every rep is told at an address of their own."""
        lines = [
            f"{rep.person},{rep.name},{rep.team},1,{rep.languages},{url}/reps/{rep.name.lower()}"
            for rep in REPS
        ]
        return "\n".join(["person,name,teams,weight,languages,notify", *lines]) + "\n"

    async def open(self) -> None:
        """Every rep gets a key of their own."""
        for rep in REPS:
            self.keys[rep.person] = await self.calling.make_key(rep.name, "rep", rep.person)
        self.keys["arbiter"] = await self.calling.make_key("The arbiter", "arbiter")

    async def told(self, path: str, message: dict[str, Any]) -> int:
        """A rep is told something; what they make of it happens in its own time."""
        rep = next((one for one in REPS if path == f"/reps/{one.name.lower()}"), None)
        if rep is None:
            return 404
        lead, action = message["lead"], message["action"]
        if action == "assigned" and message["why"] == "returned":
            self.diary.returned.append(lead)
        self.diary.note(f"told {action}", f"{rep.name} is told: {action} ({_who(message)})")
        dice = Random(f"{self.seed}/{rep.name}/{_who(message)}/{action}/{message['why']}")
        if message["why"] == TAKEN_OVER and action == "assigned":
            return 200  # They said yes to it themselves.
        if action == "assigned" or (action == "reminded" and dice.random() < 0.5):
            self.chores.begin(self._accept(rep, lead, dice, sure=action == "reminded"))
        elif action == "handoff offered":
            self.chores.begin(self._take_over(rep, lead, dice))
        elif action == "handoff refused":
            self.chores.begin(self._qualify(rep, lead, dice))
        return 200

    async def _accept(self, rep: Rep, lead: str, dice: Random, *, sure: bool) -> None:
        await asyncio.sleep(dice.uniform(0.2, 1.3))
        if not sure and dice.random() > rep.diligence:
            return  # Does nothing: the clock will see to it.
        if dice.random() < 0.06:
            await self._reject(rep, lead, dice)
        elif await self._do(rep, lead, "accept"):
            await self._work_on(rep, lead, dice)

    async def _reject(self, rep: Rep, lead: str, dice: Random) -> None:
        reason = dice.choices(("wrong-team", "not-a-lead", "not-per-definition"), (50, 25, 25))[0]
        if await self._do(rep, lead, "reject", reason=reason) and reason == "not-per-definition":
            await asyncio.sleep(dice.uniform(1.0, 3.0))
            ruling = dice.choice(("marketing", "sales"))
            await self._call(
                "The arbiter", self.keys["arbiter"], f"/v1/disputes/{lead}/ruling", ruling=ruling
            )

    async def _work_on(self, rep: Rep, lead: str, dice: Random) -> None:
        await asyncio.sleep(dice.uniform(0.3, 1.6))
        if dice.random() < 0.08:
            return  # Forgets it: it will stall.
        reached = dice.random() < 0.7
        outcome = "reached" if reached else "no answer"
        if not await self._do(rep, lead, "contact", channel="phone", outcome=outcome):
            return
        await asyncio.sleep(dice.uniform(0.4, 1.8))
        if dice.random() < 0.1:
            until = datetime.now(UTC) + timedelta(seconds=dice.uniform(0.5, 2.5))
            await self._do(
                rep, lead, "snooze", until=until.isoformat(), reason="They asked to be called later"
            )
            await asyncio.sleep(1.0)
        if reached and dice.random() < 0.4:
            await self._qualify(rep, lead, dice)
        elif dice.random() < 0.9:
            reason = dice.choices(tuple(GIVING_BACK), tuple(GIVING_BACK.values()))[0]
            await self._do(rep, lead, "disqualify", reason=reason, note=NOTES[reason])

    async def _qualify(self, rep: Rep, lead: str, dice: Random) -> None:
        """From then on it is an account executive's, once they say yes."""
        await asyncio.sleep(dice.uniform(0.1, 0.5))
        answers = {"need": "to answer leads faster", "timeline": "this quarter"}
        await self._do(rep, lead, "qualify", answers=answers)

    async def _take_over(self, rep: Rep, lead: str, dice: Random) -> None:
        await asyncio.sleep(dice.uniform(0.2, 1.5))
        if dice.random() > rep.diligence:
            return  # Does not answer: the offer lapses, and the SDR has it all the while.
        if dice.random() < 0.15:
            await self._do(rep, lead, "handoff/refuse", reason="No budget is named")
        elif await self._do(rep, lead, "handoff/accept"):
            await self._meet(rep, lead, dice)

    async def _meet(self, rep: Rep, lead: str, dice: Random) -> None:
        wait = dice.uniform(1.0, 2.5)
        starts_at = datetime.now(UTC) + timedelta(seconds=wait)
        if not await self._do(rep, lead, "meetings", starts_at=starts_at.isoformat()):
            return
        await asyncio.sleep(wait + dice.uniform(0.2, 0.8))
        if dice.random() < 0.2:
            await self._do(rep, lead, "meetings/missed", note="Nobody came")
            await self._do(rep, lead, "contact", channel="phone", outcome="reached")
        elif not await self._do(rep, lead, "meetings/held"):
            return
        await self._close_deal(rep, lead, dice)

    async def _close_deal(self, rep: Rep, lead: str, dice: Random) -> None:
        await asyncio.sleep(dice.uniform(0.8, 3.0))
        luck = dice.random()
        if luck < 0.45:
            await self._do(rep, lead, "won", value=str(dice.randrange(4, 90) * 1000), currency="EUR")
        elif luck < 0.75:
            await self._do(rep, lead, "lost", reason="lost", note="They chose somebody else")

    async def _do(self, rep: Rep, lead: str, verb: str, **body: Any) -> bool:
        return await self._call(rep.name, self.keys[rep.person], f"/v1/leads/{lead}/{verb}", **body)

    async def _call(self, name: str, key: str, path: str, **body: Any) -> bool:
        response = await self.calling.call("POST", path, key=key, json=body)
        verb = "/".join(path.split("/")[4:])
        if response.is_success:
            about = body.get("reason") or body.get("ruling") or body.get("outcome") or ""
            self.diary.note(verb, f"{name}: {verb} {about}".rstrip())
            return True
        if response.status_code in TOO_LATE or _is_over(body):
            self.diary.note("too late", f"{name} comes too late to {verb}: {response.json()['detail']}")
        else:
            self.diary.surprise(f"{name} could not {verb}: HTTP {response.status_code} {response.text[:200]}")
        return False


def _is_over(body: dict[str, Any]) -> bool:
    """Whether what was to come had begun when it arrived: a busy machine is slow to answer."""
    instants = [datetime.fromisoformat(body[name]) for name in ("until", "starts_at") if name in body]
    return any(at <= datetime.now(UTC) for at in instants)


def _who(message: dict[str, Any]) -> str:
    story = message.get("story") or [message["lead"]]
    return str(story[0]).partition(" · ")[0]
