"""How the consumers of one group share an embedded bus: nothing read twice at once, nothing forgotten."""

import sqlite3
from contextlib import closing
from functools import partial

import pytest

from shared.bus.groups import Group, Lane, Member, Stretch
from shared.bus.sqlite_log import SqliteLog, partition_of

TWO_LANES: dict[Lane, int] = {("leads", 0): 0, ("leads", 1): 0}


def joined(group: Group, *topics: str, at: int = 0) -> Member:
    member = Member(topics)
    group.join(member, {(topic, partition): at for topic in topics for partition in range(4)})
    return member


def lengths(stretches: list[Stretch]) -> dict[Lane, int]:
    return {stretch.lane: stretch.end - stretch.start for stretch in stretches}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_every_lane_has_exactly_one_reader_however_many_there_are(count: int) -> None:
    group = Group(4)
    members = [joined(group, "leads", "reps") for _ in range(count)]
    lanes = [lane for member in members for lane in member.positions]
    assert sorted(lanes) == [(topic, partition) for topic in ("leads", "reps") for partition in range(4)]
    group.leave(members[0])
    group.leave(members[0])
    left = [lane for member in members for lane in member.positions]
    assert sorted(left) == (sorted(lanes) if count > 1 else [])
    assert members[0].positions == {}


def test_a_poll_takes_an_equal_share_of_each_lane() -> None:
    member = Member(("leads",))
    member.place(dict(TWO_LANES))
    assert lengths(member.next_stretches({("leads", 0): 1_000, ("leads", 1): 1_000}, 100)) == {
        ("leads", 0): 50,
        ("leads", 1): 50,
    }


def test_what_one_lane_does_not_fill_goes_to_the_others() -> None:
    member = Member(("leads",))
    member.place(dict(TWO_LANES))
    for _ in range(2):  # Whichever lane begins.
        stretches = member.next_stretches({("leads", 0): 1_000, ("leads", 1): 10}, 100)
        assert lengths(stretches) == {("leads", 0): 90, ("leads", 1): 10}


def test_a_poll_never_takes_more_than_asked_for() -> None:
    member = Member(("leads",))
    member.place({("leads", partition): 0 for partition in range(7)})
    ends = {("leads", partition): 5 for partition in range(7)}
    for asked, given in ((-1, 0), (0, 0), (1, 1), (6, 6), (10, 10), (35, 35), (36, 35)):
        assert sum(lengths(member.next_stretches(ends, asked)).values()) == given


def test_a_newcomer_with_old_news_does_not_take_a_commit_back() -> None:
    group = Group(4)
    first = joined(group, "leads")
    group.note_committed({("leads", 0): 50})
    second = joined(group, "leads", at=0)
    assert (first.positions | second.positions)["leads", 0] == 50


def test_a_late_commit_moves_the_new_reader_past_what_is_done() -> None:
    group = Group(4)
    member = joined(group, "leads")
    member.advance([Stretch(("leads", 0), 0, 10), Stretch(("leads", 1), 0, 70)])
    before = member.epoch
    group.note_committed({("leads", 0): 50, ("leads", 1): 50})
    assert (member.positions["leads", 0], member.positions["leads", 1]) == (50, 70)
    assert member.epoch > before


@pytest.mark.sqlite
def test_a_late_commit_never_moves_the_file_back() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        log = SqliteLog(connection, partitions=4, name="memory")
        log.transact([partial(log.register, "scoring", ["leads"])])
        for at in (50, 10):
            log.transact([partial(log.commit, "scoring", {("leads", 0): at})])
        (positions,) = log.transact([partial(log.register, "scoring", ["leads"])])
        assert positions["leads", 0] == 50


@pytest.mark.parametrize("partitions", [2, 3, 4, 16])
def test_keys_that_count_up_spread_evenly(partitions: int) -> None:
    counts = [0] * partitions
    for number in range(10_000):
        counts[partition_of(f"lead-{number}".encode(), partitions)] += 1
    assert max(counts) < 1.1 * min(counts)
