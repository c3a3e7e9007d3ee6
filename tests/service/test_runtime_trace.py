"""Trace context: what follows goes on in the trace of its cause."""

import re

import pytest

from shared.effects import Errand, Say, SetTimer
from shared.runtime.trace import Span, begun_by, child_of, is_sampled, valid
from shared.runtime.tx import Cause
from shared.testing.leads import NOON
from tests.service.toy import ANA, Counted, open_toy

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
SAMPLED = PARENT[:-2] + "01"
FORM = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def test_a_child_stays_in_the_trace_with_an_id_of_its_own_and_the_same_flags() -> None:
    child = child_of(PARENT, "scoring", "e1")
    assert FORM.fullmatch(child)
    assert child.split("-")[1] == PARENT.split("-")[1]
    assert child.split("-")[2] != PARENT.split("-")[2]
    assert child.endswith("-00")
    assert child_of(SAMPLED, "scoring", "e1").endswith("-01")


def test_the_same_cause_gives_the_same_ids() -> None:
    assert child_of(PARENT, "scoring", "e1") == child_of(PARENT, "scoring", "e1")
    assert len({child_of(PARENT, "scoring", "e1"), child_of(PARENT, "routing", "e1"), PARENT}) == 3
    assert begun_by("e1") == begun_by("e1")
    assert begun_by("e1") != begun_by("e2")


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
def test_what_is_no_trace_is_not_followed(incoming: str | None) -> None:
    assert valid(incoming) is None
    assert not is_sampled(incoming)


def test_a_later_version_is_followed_as_far_as_we_know_it() -> None:
    assert valid(SAMPLED.replace("00-", "01-", 1) + "-more") == SAMPLED


def test_whether_spans_are_wanted_stands_in_the_last_bit() -> None:
    assert is_sampled(SAMPLED)
    assert is_sampled(PARENT[:-2] + "03")
    assert not is_sampled(PARENT)
    assert not is_sampled(PARENT[:-2] + "02")


def test_of_what_a_span_was_about_only_a_leads_id_is_shown() -> None:
    def shown(key: str) -> str | int | None:
        return Span("s", "internal", None, SAMPLED, NOON, key=key).described().get("baton.lead")

    lead = "8a6e0804-2bd0-5672-b79d-d97027f9071a"
    assert shown(lead) == lead
    assert shown("ines@acme.example") is None
    assert shown("team/inside") is None


async def test_a_trace_goes_from_the_event_into_everything_that_follows(database_url: str) -> None:
    async with open_toy(database_url) as [toy]:
        toy.asks["1"] = [Say(Counted(n=2)), Errand("tool", "start", "k1", {}), SetTimer("wake", NOON)]
        await toy.hear(1, traceparent=PARENT)
        await toy.consume()
        for table in ("outbox", "errands", "timers"):
            [row] = await toy.rows(table)
            assert row.traceparent == PARENT, table


async def test_what_nobody_traced_hangs_together_and_asks_nobody_for_spans(database_url: str) -> None:
    async with open_toy(database_url) as [toy]:
        await toy.do(ANA, Say(Counted(n=1)), Say(Counted(n=2)), Errand("tool", "start", "k1", {}), cause="c")
        said, [errand] = await toy.rows("outbox"), await toy.rows("errands")
        assert {row.traceparent for row in said} == {errand.traceparent} == {Cause("c").trace}
        assert FORM.fullmatch(errand.traceparent)
        assert not is_sampled(errand.traceparent)
        assert errand.traceparent.encode() in said[0].value
