"""The spans of what a service does: one for each sampled lead, once, and only of what is committed."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from shared.effects import Errand, Say, SetTimer
from shared.runtime.errands import errands_once
from shared.runtime.service import Answer, DueErrand
from shared.runtime.timers import fire_once
from shared.runtime.trace import Span
from shared.testing.leads import NOON
from tests.service.toy import ANA, BEA, Counted, PowerCut, Toy, open_toy

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = SAMPLED[:-2] + "00"


@dataclass(slots=True)
class Kept:
    """A tracer that keeps its spans."""

    bus: str = "sqlite"
    spans: list[Span] = field(default_factory=list)

    def begin(self, incoming: str | None) -> str:
        raise NotImplementedError("nothing begins here")

    def record(self, span: Span, ended: datetime) -> None:
        self.spans.append(span)


def traced(toy: Toy) -> Kept:
    kept = toy.service.tracer = Kept()
    return kept


async def test_each_sampled_lead_of_a_batch_has_a_span_and_what_it_says_follows_from_it(
    database_url: str,
) -> None:
    async with open_toy(database_url) as [toy]:
        kept = traced(toy)
        toy.asks["1"] = toy.asks["2"] = [Say(Counted(n=3))]
        await toy.hear(1, ANA, traceparent=SAMPLED)
        await toy.hear(2, BEA, traceparent=UNSAMPLED)
        await toy.consume()
        [span] = kept.spans
        assert (span.kind, span.parent, span.key) == ("consumer", SAMPLED, ANA)
        assert span.attributes["messaging.batch.message_count"] == 2
        said = {row.key: row.traceparent for row in await toy.rows("outbox")}
        assert said == {ANA: span.own, BEA: UNSAMPLED}
        await toy.relay().relay_once()
        assert [(span.kind, span.key) for span in kept.spans[1:]] == [("producer", ANA)]


async def test_what_is_rolled_back_has_no_span_and_what_is_repeated_has_one(database_url: str) -> None:
    async with open_toy(database_url) as [toy]:
        kept = traced(toy)
        await toy.hear(1, traceparent=SAMPLED)
        toy.cut_at("commit")
        with pytest.raises(PowerCut):
            await toy.consume()
        assert kept.spans == []
        await toy.consume()
        await toy.hear(1, traceparent=SAMPLED)
        await toy.consume()
        assert len(kept.spans) == 1


async def test_what_is_published_again_after_a_crash_has_one_span(database_url: str) -> None:
    async with open_toy(database_url) as [toy]:
        toy.asks["1"] = [Say(Counted(n=2))]
        await toy.hear(1, traceparent=SAMPLED)
        await toy.consume()
        kept = traced(toy)
        toy.cut_at("published")
        with pytest.raises(PowerCut):
            await toy.relay().relay_once()
        await toy.relay().relay_once()
        [span] = kept.spans
        assert (span.kind, span.name, span.parent) == ("producer", "send baton.toy", SAMPLED)


async def test_a_timer_and_each_attempt_of_an_errand_follow_from_what_set_them(database_url: str) -> None:
    async with open_toy(database_url) as [toy]:
        kept, told = traced(toy), list[str | None]()
        failed = Answer(False, "503", server="tool:80", status=503)
        answers = [failed, Answer(True, server="tool:80", status=200)]

        async def run(errand: DueErrand) -> Answer:
            told.append(errand.traceparent)
            return answers.pop(0)

        toy.service.run_errand = run
        toy.asks["1"] = [SetTimer("wake", NOON)]
        toy.asks["wake"] = [Errand("tool", "start", "k1", {})]
        await toy.hear(1, traceparent=SAMPLED)
        await toy.consume()
        await fire_once(toy.service)
        await errands_once(toy.service)
        toy.pass_time(seconds=5)
        await errands_once(toy.service)
        handled, fired, first, second = kept.spans
        assert (fired.name, fired.parent) == ("fire wake", handled.own)
        assert first.parent == second.parent == fired.own
        assert [first.own, second.own] == told
        assert first.own != second.own
        assert (first.error, second.error) == ("503", "")
        assert second.attributes["http.request.resend_count"] == 1
