"""A consumer that gets stuck is replaced; when that does not help, the process ends."""

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from shared.bus.port import BusUnavailable, Consumer, ConsumerStuck, Delivery
from shared.bus.sqlite import SqliteBus
from shared.runtime.clock import SystemClock
from shared.runtime.loops import STUCK_MAX, RunningService
from tests.service.toy import Toy, metadata, start_toy

LAST_WORDS = "from shared.runtime.ending import end_process; end_process('scoring', 'nothing helps')"


class MoodyBus(SqliteBus):
    """The embedded bus, whose consumers fail as `moods` says, one each; then they are well."""

    def __init__(self, moods: Sequence[Exception] = ()) -> None:
        super().__init__()
        self.moods = list(moods)

    async def subscribe(self, topics: Sequence[str], group: str) -> Consumer:  # type: ignore[override]
        consumer = await super().subscribe(topics, group)
        if self.moods:
            mood = self.moods.pop(0)

            async def fail(*, max_records: int, timeout_s: float) -> list[Delivery]:
                raise mood

            consumer.poll = fail  # type: ignore[method-assign]
        return consumer


@pytest.fixture
async def toy(tmp_path: Path) -> AsyncIterator[Toy]:
    bus = MoodyBus()
    toy = start_toy(f"sqlite:///{tmp_path / 'toy.db'}", bus, SystemClock())
    toy.database.tx_inline(metadata.create_all)
    yield toy
    toy.database.close()
    await bus.close()


async def reasons_to_give_up(toy: Toy, *rounds: list[Exception]) -> list[str]:
    """Run the events loop by hand, reading one event after each round; why it wanted to end the process."""
    assert isinstance(toy.bus, MoodyBus)
    given: list[str] = []

    def give_up(service: str, why: str) -> None:
        given.append(f"{service}: {why}")

    running = RunningService(toy.service, "here", give_up=give_up)
    for number, moods in enumerate(rounds):
        await toy.hear(number)
        if running.consumer is not None:
            await running.consumer.close()
            running.consumer = None
        toy.bus.moods = moods
        while moods:
            with pytest.raises(BusUnavailable):
                await running.consume_once()
        assert await running.consume_once() == 1
    return given


async def test_consumers_that_get_stuck_are_replaced_and_then_the_process_ends(toy: Toy) -> None:
    stuck: list[Exception] = [ConsumerStuck("it reads nothing") for _ in range(STUCK_MAX)]
    (why,) = await reasons_to_give_up(toy, stuck)
    assert why == f"toy: {STUCK_MAX} consumers in a row got stuck. it reads nothing"


async def test_a_bus_that_is_away_ends_no_process(toy: Toy) -> None:
    away: list[Exception] = [BusUnavailable("nobody answers") for _ in range(10)]
    assert await reasons_to_give_up(toy, [*away, ConsumerStuck("once"), ConsumerStuck("twice")]) == []


def test_a_process_that_ends_says_why_and_does_not_look_well() -> None:
    ended = subprocess.run([sys.executable, "-c", LAST_WORDS], capture_output=True, text=True)
    assert ended.returncode == 70
    assert "nothing helps" in ended.stdout + ended.stderr


async def test_a_consumer_that_reads_lets_the_count_begin_anew(toy: Toy) -> None:
    nearly: list[Exception] = [ConsumerStuck("for a while") for _ in range(STUCK_MAX - 1)]
    assert await reasons_to_give_up(toy, [*nearly], [*nearly]) == []
