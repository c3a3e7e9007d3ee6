"""Traces: what follows goes on in the trace of its cause."""

import random
import re

import pytest

from shared.effects import Errand, Say
from shared.runtime.trace import child_of
from shared.runtime.tx import Cause
from tests.service.toy import ANA, Counted, open_toy

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
FORM = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def test_a_child_stays_in_the_trace_with_an_id_of_its_own_and_the_same_flags() -> None:
    child = child_of(PARENT, random.Random(1))
    assert FORM.fullmatch(child)
    assert child.split("-")[1] == PARENT.split("-")[1]
    assert child.split("-")[2] != PARENT.split("-")[2]
    assert child.endswith("-00")


def test_the_same_dice_give_the_same_ids() -> None:
    assert child_of(None, random.Random(7)) == child_of(None, random.Random(7))
    assert child_of(None, random.Random(7)) != child_of(None, random.Random(8))


@pytest.mark.parametrize(
    "incoming",
    [
        None,
        "",
        "nonsense",
        PARENT.upper(),
        PARENT.replace("00-4b", "ff-4b"),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        f"{PARENT}-more",
    ],
)
def test_what_is_no_trace_begins_a_new_one_that_is_sampled(incoming: str | None) -> None:
    begun = child_of(incoming, random.Random(1))
    assert FORM.fullmatch(begun)
    assert begun == child_of(None, random.Random(1))
    assert begun.endswith("-01")


def test_a_later_version_is_followed_as_far_as_we_know_it() -> None:
    assert PARENT.split("-")[1] in child_of(PARENT.replace("00-", "01-", 1) + "-more", random.Random(1))


async def test_a_trace_goes_from_the_event_through_what_it_says_to_the_errand(database_url: str) -> None:
    async with open_toy(database_url) as [toy]:
        toy.asks["1"] = [Say(Counted(n=2)), Errand("tool", "start", "k1", {})]
        await toy.hear(1, traceparent=PARENT)
        await toy.consume()
        [said], [errand] = await toy.rows("outbox"), await toy.rows("errands")
        assert said.traceparent == PARENT
        assert errand.traceparent.split("-")[1] == PARENT.split("-")[1]
        assert errand.traceparent != PARENT


async def test_what_nobody_traced_gets_a_trace_when_it_is_first_said(database_url: str) -> None:
    async with open_toy(database_url) as [toy]:
        await toy.service.tx(lambda tx: tx.say(ANA, Counted(n=1), Cause("c")))
        [said] = await toy.rows("outbox")
        assert FORM.fullmatch(said.traceparent)
        assert said.traceparent.encode() in said.value
