"""Who in a group reads which partition, and how far. All in memory: nothing here waits or touches a file."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Lane = tuple[str, int]
"""One partition of one topic: (topic, partition)."""


class Stretch(NamedTuple):
    """The records of one lane from `start` up to, not including, `end`."""

    lane: Lane
    start: int
    end: int


class Member:
    """One consumer's share of a group: the lanes that are its own, and the next offset in each."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        self.positions: dict[Lane, int] = {}
        # Changes whenever a position moves other than by reading, so that a read under way knows it is stale.
        self.epoch = 0
        self._turn = 0

    def place(self, positions: dict[Lane, int]) -> None:
        """Give this member exactly these lanes, at these offsets."""
        self.positions = positions
        self.epoch += 1

    def next_stretches(self, ends: Mapping[Lane, int], max_records: int) -> list[Stretch]:
        """What to read next: at most `max_records`, an equal share of each lane that has some, then the rest.

        The lane that begins changes with each call, so that no lane waits for ever behind a busy one.
        """
        waiting = [(lane, at, ends[lane]) for lane, at in self.positions.items() if ends.get(lane, 0) > at]
        if not waiting or max_records < 1:
            return []
        self._turn += 1
        first = self._turn % len(waiting)
        share = max(1, max_records // len(waiting))
        left, taken = max_records, dict.fromkeys(range(len(waiting)), 0)
        for most in (share, max_records):
            for index in [*range(first, len(waiting)), *range(first)]:
                _, at, end = waiting[index]
                more = min(most, end - at - taken[index], left)
                taken[index] += more
                left -= more
        return [Stretch(lane, at, at + taken[n]) for n, (lane, at, _) in enumerate(waiting) if taken[n]]

    def advance(self, stretches: Iterable[Stretch]) -> None:
        """These were polled."""
        for lane, _, end in stretches:
            self.positions[lane] = end


class Group:
    """The members of one group. Each lane belongs to exactly one of those that subscribed to its topic."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self.members: list[Member] = []
        self.committed: dict[Lane, int] = {}

    def join(self, member: Member, committed: Mapping[Lane, int]) -> None:
        """Take `member` in; `committed` is what the file says of its topics. Everybody rewinds."""
        self.note_committed(committed)
        self.members.append(member)
        self._share_out()

    def leave(self, member: Member) -> None:
        """Let `member` go; its lanes go to the others, who rewind. Leaving twice is no harm."""
        if member in self.members:
            self.members.remove(member)
            member.place({})
            self._share_out()

    def rewind(self, member: Member) -> None:
        """Put `member` back to what is committed."""
        member.place({lane: self.committed[lane] for lane in member.positions})

    def uncommitted(self, member: Member) -> dict[Lane, int]:
        """How far `member` polled, in the lanes where that is further than what is committed."""
        return {lane: at for lane, at in member.positions.items() if at > self.committed[lane]}

    def lag(self, member: Member, ends: Mapping[Lane, int]) -> dict[str, int]:
        """For each topic, the records in the lanes of `member` that are not committed."""
        behind = dict.fromkeys(member.topics, 0)
        for lane in member.positions:
            behind[lane[0]] += max(0, ends.get(lane, 0) - self.committed[lane])
        return behind

    def note_committed(self, positions: Mapping[Lane, int]) -> None:
        """These are committed in the file. Never goes back; who stands before them skips to them."""
        for lane, at in positions.items():
            self.committed[lane] = max(at, self.committed.get(lane, 0))
        for member in self.members:
            behind = {lane: at for lane, at in positions.items() if member.positions.get(lane, at) < at}
            if behind:
                member.place(member.positions | behind)

    def _share_out(self) -> None:
        shares: dict[int, dict[Lane, int]] = {index: {} for index in range(len(self.members))}
        for topic in dict.fromkeys(topic for member in self.members for topic in member.topics):
            readers = [index for index, member in enumerate(self.members) if topic in member.topics]
            for partition in range(self._partitions):
                lane = (topic, partition)
                shares[readers[partition % len(readers)]][lane] = self.committed[lane]
        for index, member in enumerate(self.members):
            member.place(shares[index])
