"""Errands: carried out after the commit, again if need be, given up in the open, and finished by one only."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from shared.db.database import DatabaseUnavailable
from shared.effects import Errand
from shared.runtime.errands import (
    ATTEMPTS_MAX,
    LEASE,
    SAYS_WHY_AT,
    ErrandRunner,
    claim_errands,
    errands_once,
    finish_errand,
    given_up,
    pause_s,
)
from shared.runtime.service import Answer, DueErrand
from tests.service.toy import ANA, PowerCut, Toy, open_toy

YES = Answer(True, "200 OK")
NO = Answer(False, "503 Service Unavailable")


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


def answers(toy: Toy, *answers: Answer | Exception) -> None:
    """What the other side says, one after the other; the last for ever."""
    left = list(answers)

    async def run(errand: DueErrand) -> Answer:
        toy.calls.append(errand)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    toy.service.run_errand = run


async def send(toy: Toy, key: str = "k1") -> None:
    await toy.do(ANA, Errand("tool", "start", key, {"lead": ANA}))


async def test_an_errand_is_delivered_once_and_its_lead_hears_of_it(toy: Toy) -> None:
    answers(toy, YES)
    await send(toy)
    assert await errands_once(toy.service) == 1
    assert await errands_once(toy.service) == 0
    assert [(call.key, call.destination, call.action, call.body) for call in toy.calls] == [
        ("k1", "tool", "start", {"lead": ANA})
    ]
    assert await toy.story() == ["answered k1"]
    assert await toy.rows("errands") == []


async def test_an_errand_of_a_transaction_that_failed_is_never_carried_out(toy: Toy) -> None:
    answers(toy, YES)
    toy.cut_at("commit")
    with pytest.raises(PowerCut):
        await send(toy)
    assert await errands_once(toy.service) == 0


async def test_each_setback_is_heard_of_and_the_end_as_such(toy: Toy) -> None:
    answers(toy, NO, NO, YES)
    setbacks: list[int] = []
    toy.service.on_setback = lambda tx, errand, answer: setbacks.append(errand.attempt)
    await send(toy)
    for _ in range(3):
        await errands_once(toy.service)
        toy.pass_time(seconds=2)
    assert (setbacks, await toy.story()) == ([1, 2], ["answered k1"])


async def test_an_errand_may_wait_before_it_is_tried_first(toy: Toy) -> None:
    answers(toy, YES)
    await toy.do(ANA, Errand("tool", "start", "k1", {}, after_s=60.0))
    toy.pass_time(seconds=59)
    assert await errands_once(toy.service) == 0
    toy.pass_time(seconds=1)
    assert await errands_once(toy.service) == 1


async def test_what_a_transaction_is_about_to_write_can_be_gathered(toy: Toy) -> None:
    answers(toy, YES)
    toy.service.before_flush = lambda tx: tx.errands.clear()
    await send(toy)
    assert await toy.rows("errands") == []


async def test_a_failed_attempt_is_repeated_with_the_same_key_after_a_growing_pause(toy: Toy) -> None:
    answers(toy, NO, NO, YES)
    await send(toy)
    for _ in range(3):
        await errands_once(toy.service)
        assert await errands_once(toy.service) == 0, "not at once"
        toy.pass_time(seconds=2)
    assert [(call.key, call.attempt) for call in toy.calls] == [("k1", 1), ("k1", 2), ("k1", 3)]
    assert await toy.story() == ["answered k1"]


def test_pauses_grow_have_jitter_and_end_at_an_hour() -> None:
    assert [pause_s(attempt, 1.0) for attempt in (1, 2, 3, 4)] == [0.5, 2.0, 8.0, 32.0]
    assert pause_s(3, 0.0) == 4.0
    assert pause_s(50, 1.0) == 3600.0


async def test_what_can_not_be_delivered_is_given_up_and_shown(toy: Toy) -> None:
    answers(toy, NO)
    await send(toy)
    with capture_logs() as log:
        while await errands_once(toy.service):
            toy.pass_time(hours=1)
    assert len(toy.calls) == ATTEMPTS_MAX
    said = [
        "errand fails",
        "errand given up",
    ]  # Why, once before it is over: for an hour, nothing else tells.
    assert [(one["event"], one["error"]) for one in log] == [(one, "503 Service Unavailable") for one in said]
    [shown] = await toy.service.read(given_up)
    assert shown.last_error == "503 Service Unavailable"
    assert toy.answers == [("k1", False, "503 Service Unavailable")], "its lead hears that it failed"


async def test_a_final_answer_is_not_asked_again(toy: Toy) -> None:
    answers(toy, Answer(False, "410 Gone", final=True))
    await send(toy)
    await errands_once(toy.service)
    toy.pass_time(days=1)
    assert await errands_once(toy.service) == 0
    assert [row.last_error for row in await toy.service.read(given_up)] == ["410 Gone"]


async def test_the_pause_that_the_other_side_asks_for_is_kept(toy: Toy) -> None:
    answers(toy, Answer(False, "429", retry_after_s=70), YES)
    await send(toy)
    await errands_once(toy.service)
    toy.pass_time(seconds=69)
    assert await errands_once(toy.service) == 0
    toy.pass_time(seconds=1)
    assert await errands_once(toy.service) == 1


async def test_what_was_not_sent_is_no_attempt(toy: Toy) -> None:
    left_alone = Answer(False, "left alone", retry_after_s=1, tried=False)
    answers(toy, *[left_alone] * 20, DatabaseUnavailable("gone"), YES)
    await send(toy)
    for _ in range(22):
        await errands_once(toy.service)
        toy.pass_time(seconds=1)
    assert {call.attempt for call in toy.calls} == {1}
    assert await toy.rows("errands") == []


async def test_why_it_was_not_sent_is_not_logged_each_time(toy: Toy) -> None:
    left_alone = Answer(False, "left alone", retry_after_s=1, tried=False)
    answers(toy, *[NO] * (SAYS_WHY_AT - 1), left_alone)
    await send(toy)
    with capture_logs() as log:
        for _ in range(2 * SAYS_WHY_AT):
            await errands_once(toy.service)
            toy.pass_time(hours=1)
    assert toy.calls[-1].attempt == SAYS_WHY_AT
    assert log == []


async def test_a_fault_in_the_caller_is_a_failed_attempt_and_ends_too(toy: Toy) -> None:
    answers(toy, KeyError("secret"))
    await send(toy)
    while await errands_once(toy.service):
        toy.pass_time(hours=1)
    assert [row.last_error for row in await toy.service.read(given_up)] == ["KeyError: 'secret'"]


async def test_an_answer_that_can_not_be_handled_is_shown_with_the_errand(toy: Toy) -> None:
    toy.poison = {"answered k1"}
    answers(toy, YES)
    await send(toy)
    await errands_once(toy.service)
    [shown] = await toy.service.read(given_up)
    assert shown.last_error == "200 OK; and its answer can not be handled: answered k1 is poison"
    assert await errands_once(toy.service) == 0


# ---- the lease


async def test_an_errand_under_way_is_nobody_elses(toy: Toy) -> None:
    await send(toy)
    assert len(await claim_errands(toy.service)) == 1
    assert await claim_errands(toy.service) == []
    toy.pass_time(seconds=LEASE.total_seconds())
    assert [errand.attempt for errand in await claim_errands(toy.service)] == [2]


async def test_who_finishes_after_the_lease_does_nothing(toy: Toy) -> None:
    await send(toy)
    [late] = await claim_errands(toy.service)
    toy.pass_time(seconds=LEASE.total_seconds())
    [mine] = await claim_errands(toy.service)
    await finish_errand(toy.service, late, YES)
    assert (await toy.story(), len(await toy.rows("errands"))) == ([], 1)
    await finish_errand(toy.service, late, Answer(False, "404", final=True))
    assert await toy.service.read(given_up) == []
    await finish_errand(toy.service, mine, YES)
    assert await toy.story() == ["answered k1"]
    await finish_errand(toy.service, mine, YES)
    assert await toy.story() == ["answered k1"]


async def test_a_crash_after_the_call_calls_again_with_the_same_key(toy: Toy) -> None:
    answers(toy, YES)
    await send(toy)
    toy.cut_at("answered")
    with pytest.raises(PowerCut):
        await errands_once(toy.service)
    assert await errands_once(toy.service) == 0
    toy.pass_time(seconds=LEASE.total_seconds() + 1)
    await errands_once(toy.service)
    assert [(call.key, call.attempt) for call in toy.calls] == [("k1", 1), ("k1", 2)]
    assert await toy.story() == ["answered k1"]


# ---- side by side


async def test_a_slow_destination_holds_up_nobody_else(toy: Toy) -> None:
    over, free, failures = asyncio.Event(), asyncio.Event(), list[Exception]()

    async def run(errand: DueErrand) -> Answer:
        if errand.key == "slow":
            await over.wait()
        return YES

    toy.service.run_errand = run
    runner = ErrandRunner(toy.service, free.set, failures.append)
    await send(toy, "slow")
    assert await runner.start_due() == 1
    await send(toy, "quick")
    assert await runner.start_due() == 1
    await free.wait()
    assert [key for key, _, _ in toy.answers] == ["quick"]
    over.set()
    await runner.stop(wait_s=5)
    assert [key for key, _, _ in toy.answers] == ["quick", "slow"]
    assert failures == []


async def test_what_still_runs_at_the_end_is_let_go_and_done_again_later(toy: Toy) -> None:
    async def run(_: DueErrand) -> Answer:
        await asyncio.Event().wait()
        return YES

    toy.service.run_errand = run
    runner = ErrandRunner(toy.service, lambda: None, lambda failed: None)
    await send(toy)
    await runner.start_due()
    await runner.stop(wait_s=0.01)
    assert len(await toy.rows("errands")) == 1
    toy.pass_time(seconds=LEASE.total_seconds())
    assert len(await claim_errands(toy.service)) == 1


async def test_an_errand_that_can_not_be_finished_is_reported(toy: Toy) -> None:
    answers(toy, YES)
    failures: list[Exception] = []
    runner = ErrandRunner(toy.service, lambda: None, failures.append)
    await send(toy)
    toy.service.on_answer = _no_database
    await runner.start_due()
    await runner.stop(wait_s=5)
    assert [str(failed) for failed in failures] == ["gone"]
    assert len(await toy.rows("errands")) == 1


def _no_database(*_: object) -> None:
    raise DatabaseUnavailable("gone")
