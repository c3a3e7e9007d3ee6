"""Group commit: one transaction for many, and each gets what is its own."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.db.database import DatabaseUnavailable
from shared.runtime.group import GATHER_MAX_S, GROUP_MAX, WAITING_MAX, GroupCommit, GroupFull, commit_group


class Ledger:
    """Writes numbers, all of a group or none; some are wrong."""

    def __init__(self, *culprits: int) -> None:
        self.culprits = set(culprits)
        self.groups: list[list[int]] = []
        self.written: list[int] = []
        self.gone = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        await self.gate.wait()
        if self.gone:
            raise DatabaseUnavailable("gone")
        for number in numbers:
            if number in self.culprits:
                raise ValueError(f"{number} is wrong")
        self.written += numbers
        return [number * 10 for number in numbers]


async def together(group: GroupCommit[int, int], numbers: range) -> list[int | BaseException]:
    return await asyncio.gather(*(group.add(number) for number in numbers), return_exceptions=True)


async def test_what_arrives_while_a_commit_runs_is_committed_together() -> None:
    ledger = Ledger()
    ledger.gate.clear()
    group = GroupCommit(ledger.write)
    first = asyncio.create_task(group.add(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(group.add(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    ledger.gate.set()
    assert [await task for task in (first, *others)] == [10, 20, 30]
    assert ledger.groups == [[1], [2, 3]]


async def test_only_the_culprit_fails_and_the_others_are_written_once() -> None:
    ledger = Ledger(3, 7)
    results = await together(GroupCommit(ledger.write), range(10))
    assert [n for n, result in enumerate(results) if isinstance(result, ValueError)] == [3, 7]
    assert [result for result in results if not isinstance(result, ValueError)] == [
        n * 10 for n in range(10) if n not in (3, 7)
    ]
    assert sorted(ledger.written) == [n for n in range(10) if n not in (3, 7)]


async def test_one_culprit_among_many_costs_few_transactions() -> None:
    ledger = Ledger(123)
    results = await commit_group(ledger.write, range(GROUP_MAX))
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert len(ledger.groups) < 25


async def test_a_database_that_is_gone_is_nobodys_fault_and_all_are_told() -> None:
    ledger = Ledger()
    ledger.gone = True
    results = await together(GroupCommit(ledger.write), range(5))
    assert all(isinstance(result, DatabaseUnavailable) for result in results)
    assert len(ledger.groups) == 1, "nobody tries five times what can not work once"


async def test_who_waits_behind_a_database_that_is_gone_does_not_wait_for_it_once_more() -> None:
    ledger = Ledger()
    ledger.gone = True
    group = GroupCommit(ledger.write)
    results = await together(group, range(GROUP_MAX * 5))
    assert all(isinstance(result, DatabaseUnavailable) for result in results)
    assert len(ledger.groups) == 1
    ledger.gone = False
    assert await group.add(7) == 70


async def test_a_caller_who_goes_away_is_committed_all_the_same() -> None:
    ledger = Ledger()
    ledger.gate.clear()
    group = GroupCommit(ledger.write)
    tasks = [asyncio.create_task(group.add(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    ledger.gate.set()
    assert await tasks[1] == 20
    await group.drain()
    assert sorted(ledger.written) == [1, 2]


async def test_groups_are_bounded() -> None:
    ledger = Ledger()
    await together(GroupCommit(ledger.write), range(GROUP_MAX * 2 + 1))
    assert max(len(group) for group in ledger.groups) == GROUP_MAX


async def test_who_comes_when_too_many_wait_is_told_so() -> None:
    ledger = Ledger()
    ledger.gate.clear()
    group = GroupCommit(ledger.write)
    waiting = [asyncio.create_task(group.add(number)) for number in range(WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(GroupFull):
        await group.add(1)
    ledger.gate.set()
    await asyncio.gather(*waiting)


async def test_draining_waits_for_all_that_was_added() -> None:
    ledger = Ledger()
    group = GroupCommit(ledger.write)
    tasks = [asyncio.create_task(group.add(number)) for number in range(3)]
    await asyncio.sleep(0)
    await group.drain()
    assert sorted(ledger.written) == [0, 1, 2]
    assert [await task for task in tasks] == [0, 10, 20]


@pytest.mark.parametrize("begun", [False, True])
async def test_nobody_waits_for_ever_when_the_process_stops(begun: bool) -> None:
    ledger = Ledger()
    ledger.gate.clear()
    group = GroupCommit(ledger.write)
    callers = [asyncio.create_task(group.add(number)) for number in range(3)]
    await asyncio.sleep(0)
    if begun:
        await asyncio.sleep(0)
    assert bool(ledger.groups) == begun
    [running] = [task for task in asyncio.all_tasks() if task.get_name() == "group commit"]
    running.cancel()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(result, DatabaseUnavailable) for result in results)


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a group was waited for, each time; nobody waits in earnest."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waited


async def test_who_is_answered_and_comes_again_is_in_one_group_with_the_others(gathered: list[float]) -> None:
    await together(GroupCommit(Ledger().write), range(GROUP_MAX + 2))
    assert len(gathered) == 1, "after a full group the next one is full enough"
    assert gathered[0] <= GATHER_MAX_S


async def test_who_comes_alone_makes_nobody_wait(gathered: list[float]) -> None:
    group = GroupCommit(Ledger().write)
    assert [await group.add(1), await group.add(2)] == [10, 20]
    assert gathered == []
