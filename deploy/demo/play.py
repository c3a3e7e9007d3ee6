"""Plays the demo: people come, tools tell Baton of them, reps and the nurture tool work, clocks run."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from deploy.demo.calling import Calling
from deploy.demo.diary import Diary
from deploy.demo.figures import Figures, Watching
from deploy.demo.instance import DemoFailed, OwnBaton
from deploy.demo.nurture import NurtureTool
from deploy.demo.receiver import Receiver
from deploy.demo.reps import LEAVES, Office
from deploy.demo.script import POSTING_S, Deed, Script, write_script
from deploy.demo.sources import Secrets, webhook
from deploy.folder import Folder, new_secret

SETTLES_S: Final = 14.0
"""After the last webhook: so long are the agreement's longest clocks."""
LEAVES_S: Final = 13.0
CATCHES_UP_S: Final = 30.0
"""How much longer a busy machine may take until everything that was posted has been heard by everyone."""
DESTINATIONS_YAML: Final = """\
reps: {secret: "%s"}
destinations:
  nurture: {url: "%s/hand-overs", secret: "%s"}
"""

Look = Callable[[float, Figures, Diary], None]


@dataclass(slots=True)
class Play:
    """Everyone in the demo, on stage."""

    script: Script
    calling: Calling
    diary: Diary
    secrets: Secrets
    baton: OwnBaton
    began: datetime

    async def act(self, look: Look, every_s: float) -> Figures:
        """From the first webhook until the clocks have run, with a look every so often. The last figures."""
        watching, loop = Watching(self.calling), asyncio.get_running_loop()
        began_s = loop.time()
        acts = [asyncio.create_task(work) for work in (self._post(), self._forget(), self._leave())]
        try:
            while True:
                passed_s = loop.time() - began_s
                last = await self._watch(watching, look, passed_s)
                if self._is_over(passed_s, last):
                    await asyncio.gather(*acts)
                    return last
                await asyncio.sleep(every_s)
        finally:
            for act in acts:
                act.cancel()

    def _is_over(self, passed_s: float, last: Figures) -> bool:
        ends_s = POSTING_S + SETTLES_S
        heard = last.counts["captured"] >= len(self.diary.leads) and not last.waiting
        return passed_s >= (ends_s if heard else ends_s + CATCHES_UP_S)

    async def _watch(self, watching: Watching, look: Look, passed_s: float) -> Figures:
        if not self.baton.is_alive():
            raise DemoFailed(f"Baton has ended by itself; its log is {self.baton.folder.log}")
        figures = await watching.ask()
        look(passed_s, figures, self.diary)
        return figures

    async def _post(self) -> None:
        loop = asyncio.get_running_loop()
        began_s, posts = loop.time(), []
        for deed in self.script.deeds:
            await asyncio.sleep(max(0.0, began_s + deed.at_s - loop.time()))
            posts.append(asyncio.create_task(self._post_one(deed)))
        await asyncio.gather(*posts)

    async def _post_one(self, deed: Deed) -> None:
        sent = webhook(deed, self.secrets, datetime.now(UTC), self.began)
        response = await self.calling.deliver(sent.path, sent.body, sent.headers)
        self.diary.counts["posted"] += 1
        expected = 401 if deed.how == "forged" else 202
        if response.status_code != expected:
            self.diary.surprise(f"{deed.source} got HTTP {response.status_code}: {response.text[:200]}")
        elif deed.how == "forged":
            self.diary.note("forged", f"A forger is refused: {response.json()['detail']}")
        elif deed.how == "puzzling":
            self.diary.note("puzzling", "A message that says of nobody who it is: parked, with an owner")
        else:
            self._taken(deed, response.json())

    def _taken(self, deed: Deed, answer: dict[str, object]) -> None:
        self.diary.leads.add(str(answer["lead"]))
        if deed.newcomer:
            who = f"{deed.person.name}, {deed.person.title} at {deed.person.company}"
            self.diary.note("new", f"{who}: {deed.what.replace('_', ' ')} ({deed.source})")
        else:
            self.diary.counts[deed.how] += 1

    async def _forget(self) -> None:
        passed_s = 0.0
        for at_s, email in self.script.forgotten:
            await asyncio.sleep(at_s - passed_s)
            passed_s = at_s
            for lead in (await self.calling.get("/v1/leads", email=email))["leads"]:
                response = await self.calling.call("DELETE", f"/v1/leads/{lead}")
                if response.is_success:
                    self.diary.note("forgotten", "Somebody asks to be forgotten: erased everywhere")
                else:
                    self.diary.surprise(f"could not be forgotten: HTTP {response.status_code}")

    async def _leave(self) -> None:
        await asyncio.sleep(LEAVES_S)
        response = await self.calling.call("POST", f"/v1/roster/{LEAVES}/leave")
        if response.is_success:
            leads = len(response.json()["handed_over"])
            self.diary.note("left", f"{LEAVES} leaves the company: {leads} leads go on at once")
        else:
            self.diary.surprise(
                f"{LEAVES} could not leave: HTTP {response.status_code} {response.text[:200]}"
            )


async def stage(folder: Folder, leads: int, seed: str, then: Callable[[Play], Awaitable[int]]) -> int:
    """Build the stage in `folder`, and let `then` play on it; afterwards everyone goes home."""
    diary, secrets = Diary(), Secrets(new_secret(), new_secret(), new_secret())
    calling = Calling()
    office, tool = Office(calling, diary, seed), NurtureTool(calling, diary, seed)
    reps, nurture = Receiver(new_secret(), office.told), Receiver(new_secret(), tool.told)
    async with AsyncExitStack() as stack:
        for receiver in (reps, nurture):
            await receiver.open()
            stack.push_async_callback(receiver.close)
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.sources.write_text(secrets.settings())
        folder.roster.write_text(office.roster(reps.url))
        folder.destinations.write_text(DESTINATIONS_YAML % (reps.secret, nurture.url, nurture.secret))
        baton = OwnBaton(folder)
        stack.push_async_callback(calling.close)
        # In a thread: to end in order, Baton finishes its calls, and those are answered here.
        stack.push_async_callback(asyncio.to_thread, baton.stop)
        instance = await baton.start()
        calling.reach(instance.url, instance.key)
        for other in (office, tool):
            stack.push_async_callback(other.chores.close)
        await office.open()
        await tool.open()
        script = write_script(leads, Random(seed))
        began = datetime.now(UTC) - timedelta(seconds=1)
        return await then(Play(script, calling, diary, secrets, baton, began))
