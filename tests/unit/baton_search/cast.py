"""Who can hold the lead in a search, what services say to each other, and who hears what."""

from typing import Any, Final, NamedTuple

SCORING, ROUTING, RECYCLE, INGEST = 0, 1, 2, 3
SERVICES: Final = ("scoring", "routing", "recycle", "ingest")
REASSIGN_AT_MOST: Final = 1


class Event(NamedTuple):
    """What a service hears: an event, a command or a clock. `seq` to `merged`: what its sender truly knew."""

    kind: str
    handover: Any = None
    seq: int = 0
    fast: int = 0
    hot: bool = False
    why: str = ""
    merged: tuple[str, ...] = ()
    remains: Any = None

    def __str__(self) -> str:
        words = [self.kind]
        if self.why:
            words.append(f"({self.why})")
        if self.handover is not None:
            taker = f" to {self.handover.taker.name}" if self.handover.taker else ""
            words.append(f"[{self.handover.kind} {self.handover.number}{taker}]")
        elif self.seq:
            words.append(f"#{self.seq}")
        return " ".join(words)


class Reaction(NamedTuple):
    """What became of a service: its state, what it said (of another lead: in `across`), what was wrong."""

    local: Any
    said: tuple[Event, ...] = ()
    across: tuple[Event, ...] = ()
    wrong: str = ""

    def then(self, other: "Reaction") -> "Reaction":
        said, across = self.said + other.said, self.across + other.across
        return Reaction(other.local, said, across, self.wrong or other.wrong)


class Cast:
    """Everybody who can hold a lead, made with the rules under test."""

    def __init__(self, rules: Any) -> None:
        holder = rules.Holder
        self.intake = holder("intake", "intake", "maya")
        self.reps = (holder("rep", "ana", "ana"), holder("rep", "ben", "ben"))
        self.queue = holder("queue", "team", "dan")
        self.deputy = holder("rep", "dan", "dan")
        self.executive = holder("rep", "eve", "eve")
        self.new = holder("track", "new", "maya")
        self.keep_warm = holder("track", "keep-warm", "maya")
        self.last = holder("track", "after the last round", "maya")
        self.desk = holder("desk", "marketing", "maya")
        self.privacy = holder("desk", "privacy", "pia")


# Who hears which kind of event, by topic; a channel is one topic's queue for one reader. Nobody is sent what
# they would not look at, whatever they know: that only multiplies orders.
_HEARD: Final[dict[int, dict[int, tuple[str, ...]]]] = {
    INGEST: {
        SCORING: ("captured", "activity", "facts", "erased", "merged"),
        ROUTING: ("activity", "erased", "merged", "consent", "outcome"),
        RECYCLE: ("activity", "erased", "merged", "consent", "outcome"),
    },
    SCORING: {
        ROUTING: ("qualified", "set_aside", "cooled", "absorbed"),
        RECYCLE: ("not_qualified", "scored", "qualified", "set_aside", "cooled", "absorbed"),
    },
    ROUTING: {
        SCORING: ("taken", "won", "closed"),
        ROUTING: ("absorbed",),
        RECYCLE: ("taken", "assigned", "disqualified", "won", "closed", "absorbed"),
    },
    RECYCLE: {
        SCORING: ("won", "closed"),
        ROUTING: ("recycled", "refused", "returned", "won", "closed", "absorbed"),
        RECYCLE: ("absorbed",),
    },
}
CHANNELS: Final = tuple((topic, reader) for topic, heard in _HEARD.items() for reader in heard)


def _channels_of(topic: int) -> dict[str, tuple[int, ...]]:
    by_kind: dict[str, tuple[int, ...]] = {}
    for reader, kinds in _HEARD[topic].items():
        for kind in kinds:
            by_kind[kind] = (*by_kind.get(kind, ()), CHANNELS.index((topic, reader)))
    return by_kind


CHANNELS_OF: Final = {topic: _channels_of(topic) for topic in _HEARD}
