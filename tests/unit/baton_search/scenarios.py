"""The stories that are searched: how a lead begins, and what may happen to it afterwards, in any order."""

from typing import Final

from tests.unit.baton_search.cast import Event
from tests.unit.baton_search.run import Scenario

COLD: Final = Event("captured")
HOT: Final = Event("captured", hot=True)
NO_LEAD: Final = Event("captured", why="was no lead")
DENIED: Final = Event("captured", why="denied")
ASIDE: Final = Event("captured", hot=True, why="set aside")
ELSE_S: Final = Event("captured", hot=True, why="somebody else's")


def _story(
    name: str, first: Event, *moves: str, other: Scenario | None = None, returns_at_most: int = 1
) -> Scenario:
    return Scenario(name, first, moves, other, returns_at_most)


def _other(first: Event, *moves: str) -> Scenario:
    return Scenario("the survivor", first, moves)


# Enough to notice the loss of any one guard: each has at most some thousand states. The smallest come first.
SMALL: Final = (
    _story("absorbs what was given up", COLD, "absorbs x from its rep", "absorbs x from a track"),
    _story("absorbs what both sides answer for", COLD, "absorbs x from its rep", "absorbs x from intake"),
    _story("a desk keeps what was no lead", NO_LEAD, "demo", "visit"),
    _story("a desk keeps what is set aside", ASIDE, "demo", "hot visit", "new facts"),
    _story("lost in the CRM", HOT, "lost in the CRM"),
    _story("denied at capture", DENIED, "demo", "won in the CRM"),
    _story("erased and won", HOT, "erase", "win"),
    _story("rejected", HOT, "wrong team", "breach", "breach+", "accept"),
    _story("accepted at any time", HOT, "breach", "accept", "stall"),
    _story("erased while cold", COLD, "erase", "disqualify", "hot visit"),
    _story("said twice, cold", COLD, "repeat", "disqualify", "hot visit"),
    _story("new facts", COLD, "new facts", "disqualify", "visit"),
    _story("denied while cold", COLD, "deny", "disqualify", "demo"),
    _story("never again", HOT, "never again", "demo"),
    _story("never again, and worked as another", HOT, "never again", "absorbs x from its rep"),
    _story("two owners to close it", HOT, "win", "no lead", "won in the CRM", "disqualify"),
    _story("given up, then a visit", HOT, "disqualify", "hot visit"),
    _story("merged and closed", HOT, "merge", "win", other=_other(COLD)),
    _story("said twice, refused twice", HOT, "repeat", "disqualify", "disqualify+"),
    _story("disputed", HOT, "wrong team", "breach", "dispute", "ruling for sales", "ruling for marketing"),
    _story("won while nurtured from the start", COLD, "won in the CRM", "disqualify", "hot visit"),
    _story("absorbs a lead that was worked", HOT, "absorbs x from its rep", "disqualify", "disqualify+"),
    _story("somebody else's, given up, then a demo", ELSE_S, "disqualify", "demo", "breach"),
    _story("reps leave", HOT, "ana leaves", "ben leaves", "disqualify", "disqualify+"),
    _story("cold, then hot", COLD, "hot visit", "disqualify", "visit"),
    _story("merged while both are cold", COLD, "merge", "hot visit", other=_other(COLD)),
    _story(
        "absorbs one, and back on a date",
        HOT,
        *("absorbs x from a track", "bad timing", "disqualify"),
        returns_at_most=2,
    ),
    _story("handed over", HOT, "hand over", "executive accepts", "breach", "disqualify", "ana leaves"),
    _story("absorbs two", HOT, "absorbs x from a track", "absorbs y from a track", "disqualify"),
    _story("clocks fire late", HOT, "disqualify", "disqualify+", "a clock fires late", "visit"),
    _story("back on a date", HOT, "bad timing", "disqualify", "visit"),
    _story("a demo, and back on a date", HOT, "bad timing", "disqualify", "demo"),
    _story("refused, taken, refused", HOT, "disqualify", "disqualify+", "disqualify++", "visit"),
)

# More of everything at once, for what nobody has thought of.
LARGE: Final = (
    _story("handed on and on", HOT, "breach", "stall", "hot visit", "breach+", "accept"),
    _story("denied", HOT, "deny", "allow again", "disqualify", "demo"),
    _story("denied, won, left", HOT, "deny", "disqualify", "ana leaves", "won in the CRM"),
    _story("denied while cold, and allowed again", COLD, "deny", "allow again", "hot visit", "disqualify"),
    _story("erased or denied", HOT, "erase", "disqualify", "hot visit", "deny"),
    _story("erased or denied while cold", COLD, "erase", "disqualify", "hot visit", "deny"),
    _story("won meanwhile", HOT, "won in the CRM", "disqualify", "hot visit", "no lead"),
    _story("won, denied, left", COLD, "won in the CRM", "disqualify", "hot visit", "deny", "ana leaves"),
    _story("lost, then seen again", HOT, "lost in the CRM", "disqualify", "visit"),
    _story("ruled upon", HOT, "dispute", "ruling for sales", "ruling for marketing", "visit", "disqualify"),
    _story("they leave between rounds", HOT, "ana leaves", "disqualify", "disqualify+", "visit", "breach"),
    _story("handed over", HOT, "hand over", "executive accepts", "breach", "disqualify", "visit", "accept"),
    _story("cooled", COLD, "hot visit", "cool", "disqualify", "visit"),
    _story("somebody else's, denied, won", ELSE_S, "deny", "won in the CRM", "disqualify", "demo"),
    _story("two rounds", HOT, "disqualify", "disqualify+", "visit", "visit+"),
    _story("two demos", HOT, "disqualify", "disqualify+", "demo", "demo+"),
    _story("said twice", HOT, "repeat", "disqualify", "hot visit", "breach"),
    _story("said twice, returned", HOT, "repeat", "disqualify", "disqualify+", "visit"),
    _story("said twice, denied", HOT, "repeat", "disqualify", "demo", "deny"),
    _story("said twice, won", COLD, "repeat", "disqualify", "hot visit", "deny", "won in the CRM"),
    _story("merged while cold", COLD, "merge", "hot visit", "disqualify", other=_other(COLD)),
    _story("merged while worked", HOT, "merge", "disqualify", other=_other(COLD)),
    _story("merged, closed or erased", HOT, "merge", "win", "erase", other=_other(COLD)),
    _story("merged into one that is given up", HOT, "merge", other=_other(HOT, "disqualify")),
    _story("merged into one that gets hot", HOT, "merge", other=_other(COLD, "hot visit")),
)

# Minutes: by hand, after a change of the rules.
HUGE: Final = (
    _story("three visits", HOT, "disqualify", "disqualify+", "visit", "demo", "visit+"),
    _story("cooled, and warm again", COLD, "hot visit", "cool", "disqualify", "visit", "visit+"),
    _story("any end", HOT, "won in the CRM", "lost in the CRM", "deny", "disqualify", "no lead", "erase"),
    _story(
        "absorbs two between rounds",
        HOT,
        *("absorbs x from its rep", "absorbs y from a track", "disqualify", "disqualify+", "visit"),
    ),
    _story("merged with a demo", HOT, "merge", "disqualify", "demo", other=_other(COLD)),
    _story("merged, both given up", HOT, "merge", "disqualify", other=_other(HOT, "disqualify")),
    _story("merged, both in motion", HOT, "merge", "disqualify", other=_other(COLD, "hot visit")),
    _story("merged, denied", COLD, "merge", "hot visit", "deny", other=_other(HOT, "disqualify", "deny")),
    _story(
        "they leave, at any time", HOT, "ana leaves", "ben leaves", "disqualify", "visit", "breach", "deny"
    ),
    _story("said twice, at any time", HOT, "repeat", "repeat+", "disqualify", "disqualify+", "visit"),
)
