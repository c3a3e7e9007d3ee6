"""Versions of the agreement for tests: files in a folder, and processes of the toy that read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from shared.agreement.versions import read_versions
from shared.bus.sqlite import SqliteBus
from shared.runtime.clock import StillClock
from shared.runtime.shelf import Shelf
from shared.runtime.takeover import look_once, plan
from shared.runtime.versions import Versions
from shared.testing.leads import NOON
from tests.buses import inline_bus
from tests.service.toy import Toy, messaging, metadata, start_toy

STARTER: Final = Path("agreements/starter.yaml").read_text()


def version_text(version: int, effective_from: datetime, *, half_life: str = "14d") -> str:
    """The starter as another version."""
    lines = [
        f"version: {version}\neffective_from: {effective_from.isoformat()}"
        if line.startswith("version:")
        else line
        for line in STARTER.replace("half_life: 14d", f"half_life: {half_life}").splitlines()
        if not line.startswith("effective_from:")
    ]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class VersionsPlace:
    """A folder with versions, a database, a clock, and processes that read from all three."""

    folder: Path
    url: str
    bus: SqliteBus
    clock: StillClock
    toys: list[Toy]

    def write(self, version: int, after: timedelta, **changes: str) -> Path:
        """A version that is meant from some time after noon on."""
        file = self.folder / f"agreement-{version}.yaml"
        file.write_text(version_text(version, NOON + after, **changes))
        return file

    async def start(self) -> Toy:
        """One more process, which has the files that are there now."""
        toy = start_toy(self.url, self.bus, self.clock)
        shelf = Shelf(read_versions(self.folder), self.folder)
        toy.service.agreements = Versions(shelf, messaging.agreements)
        self.toys.append(toy)
        await plan(toy.service, shelf.versions)
        await look_once(toy.service)
        return toy

    async def pass_time(self, by: timedelta, *look: Toy) -> None:
        """Let time pass, second by second, in which these processes look."""
        ends_at = self.clock.now() + by
        while self.clock.now() < ends_at:
            self.clock.at = min(ends_at, self.clock.now() + timedelta(seconds=1))
            for toy in look:
                await look_once(toy.service)


async def decides_by(toy: Toy) -> str:
    """Which version a decision of this process names now."""
    name: str = await toy.service.tx(lambda tx: tx.agreement.ref)
    return name


@contextmanager
def versions_at(url: str, folder: Path) -> Iterator[VersionsPlace]:
    """A place without any process or version yet."""
    with inline_bus() as bus:
        place = VersionsPlace(folder, url, bus, StillClock(NOON), [])
        first = start_toy(url, place.bus, place.clock)
        first.database.tx_inline(metadata.create_all)
        first.database.close()
        yield place
        for toy in place.toys:
            toy.database.close()
