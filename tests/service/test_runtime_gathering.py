"""How large batches get, and who is woken for what: loops rest under load, and wait for nothing else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.effects import SetTimer
from shared.runtime import loops
from shared.runtime.loops import RunningService
from tests.service.toy import ANA, Toy, open_toy


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


async def _waits_after(
    counts: list[int], toy: Toy, monkeypatch: pytest.MonkeyPatch, gathers_s: float = 0.0
) -> list[list[str]]:
    """What a loop of batches of up to 10 waits for after it has done so many."""
    service, waits = RunningService(toy.service, "here"), [[] for _ in counts]
    left = iter(enumerate(counts))
    at = 0

    async def once() -> int:
        nonlocal at
        at, done = next(left)
        if at == len(counts) - 1:
            service._stopping.set()
        return done

    loop = loops._Loop("batches", once, lambda: 7.0, full=10, gathers_s=gathers_s)

    async def wait(event: asyncio.Event, timeout_s: float) -> None:
        assert timeout_s == 7.0 if event is loop.wake else timeout_s <= loops.GATHER_MAX_S + gathers_s
        assert event is loop.wake or timeout_s >= gathers_s
        waits[at].append("to be woken" if event is loop.wake else "to gather")

    monkeypatch.setattr(loops, "_wait", wait)
    await service._repeat(loop)
    return waits


async def test_batches_grow_with_the_load_and_nothing_waits_when_nothing_happens(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, some, none = await _waits_after([10, 3, 0], toy, monkeypatch)
    assert full == [], "more waits already"
    assert some == ["to gather", "to be woken"]
    assert none == ["to be woken"], "the first that comes is taken at once"


async def test_who_gathers_longer_takes_what_is_full_and_what_comes_first_at_once(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = await _waits_after([10, 3, 0], toy, monkeypatch, gathers_s=5.0)
    assert waits == [[], ["to gather", "to be woken"], ["to be woken"]]


def test_who_sets_the_pace_rests_several_times_as_long_as_a_batch_took_and_no_longer_than_its_limit() -> None:
    async def once() -> int:
        return 0

    pacing = loops._Loop("relay", once, paces_s=0.1)
    assert [pacing.rest_s(took_s) for took_s in (0.005, 0.02, 3.0)] == pytest.approx([0.02, 0.08, 0.1])
    assert loops._Loop("relay", once).rest_s(3.0) == loops.GATHER_MAX_S


async def test_a_timer_wakes_its_loop_only_if_it_is_due_before_the_next_look(toy: Toy) -> None:
    service = RunningService(toy.service, "here")
    await toy.do(ANA, SetTimer("wake", toy.clock.now() + timedelta(hours=4)))
    assert not service._firing.wake.is_set()
    await toy.do(ANA, SetTimer("wake", toy.clock.now() + timedelta(seconds=loops.POLL_S / 2)))
    assert service._firing.wake.is_set()
