"""Small agreements at random, whose rules overlap and contradict each other, and leads for them."""

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from hypothesis import reject
from hypothesis import strategies as st

from shared.agreement import Agreement, AgreementInvalid, load_text
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.values import Activity, Company, Email, Person
from shared.testing.leads import NOON, activity, captured
from tests.unit.scoring_lead import Told
from tests.unit.test_agreement_defaults import MINIMAL

HEAD: Final = re.sub("definitions: .*\n", "", MINIMAL) + "desks: {aside: {owner: sam@acme.example}}\n"
SEGMENTS: Final = "segments: [{name: big, when: {company.employees: {at_least: 1000}}}]"


class Asks(NamedTuple):
    """A condition, and the plainest of what fulfils it: an activity, or another one; facts of a lead."""

    when: str
    does: Mapping[str, str] = MappingProxyType({})
    facts: Mapping[str, Any] = MappingProxyType({})
    or_does: Mapping[str, str] | None = None


OF_DEEDS: Final = (
    Asks("activity.type: page_viewed", {"type": "page_viewed"}),
    Asks("activity.type: form_submitted", {"type": "form_submitted"}),
    Asks(
        "activity.type: {in: [page_viewed, demo_requested]}",
        {"type": "page_viewed"},
        or_does={"type": "demo_requested"},
    ),
    Asks("activity.asset: {contains: guide}", {"asset": "guide"}),
    Asks("activity.type: form_submitted, activity.asset: known", {"type": "form_submitted", "asset": "a"}),
    Asks('activity.url: {matches: "/(pricing|plans)(/|$)"}', {"url": "/pricing"}),
    Asks("activity.type: demo_requested", {"type": "demo_requested"}),
)
OF_LEADS: Final = (
    Asks("title: {has_word: [vp, chief]}", facts={"title": "VP Sales"}),
    Asks("title: {has_word: chief}", facts={"title": "Chief Clerk"}),
    Asks("title: known", facts={"title": "Clerk"}),
    Asks("title: missing"),
    Asks("country: US", facts={"country": "US"}),
    Asks("country: known", facts={"country": "PT"}),
    Asks("country: missing"),
    Asks("company.employees: {at_least: 100}", facts={"employees": 100}),
    Asks("company.employees: {below: 10}", facts={"employees": 5}),
    Asks("segment: big", facts={"employees": 1000}),
    Asks("not: {segment: big}", facts={"employees": 100}),
    Asks("email.is_free: true", facts={"free": True}),
    Asks("email.is_free: false", facts={"free": False}),
)
REFUSED: Final = ("no lead can", "can never be reached", "everybody is set aside")
PLAIN: Final = {"title": "Clerk", "country": "PT"}


class Small(NamedTuple):
    """An agreement, and what its rules and lanes ask for, by their names."""

    agreement: Agreement
    asks: dict[str, Asks]


@st.composite
def smalls(draw: st.DrawFn, *, capped: bool = True) -> Small:
    """An agreement that is valid. `capped`: some rules have a cap."""
    points = st.sampled_from([-30, -20, 10, 20, 30, 40, 60, 80])
    caps = st.sampled_from([0, 0, 30, 60] if capped else [0])
    beside = st.sampled_from([*[Asks("")] * 4, *OF_LEADS])
    fit = draw(st.lists(st.tuples(st.sampled_from(OF_LEADS), points), max_size=4))
    deeds = draw(st.lists(st.tuples(st.sampled_from(OF_DEEDS), beside, points, caps), min_size=1, max_size=4))
    lanes = draw(st.lists(st.tuples(st.sampled_from(OF_DEEDS), beside), max_size=1))
    asides = draw(st.lists(st.sampled_from([*OF_LEADS[:2], *OF_LEADS[4:9], *OF_DEEDS]), max_size=1))
    asks = {f"fit {n}": one for n, (one, _) in enumerate(fit)}
    asks |= {f"deed {n}": _both(one, other) for n, (one, other, _, _) in enumerate(deeds)}
    asks |= {f"lane {n}": _both(*lane) for n, lane in enumerate(lanes)}
    given = {f"fit {n}": f"points: {worth}" for n, (_, worth) in enumerate(fit)}
    given |= {f"deed {n}": _worth(worth, cap) for n, (_, _, worth, cap) in enumerate(deeds)}
    weight = draw(st.sampled_from(["0.4", "0.5", "0", "1"]))
    requires = ", ".join(draw(st.lists(st.sampled_from(["country", "title"]), unique=True)))
    score, grade = draw(st.sampled_from([10, 25, 40, 60])), draw(st.sampled_from("DDC"))
    mql = f"score_at_least: {score}, grade_at_least: {grade}"
    aside = ", ".join(
        f"{{name: aside {n}, when: {{{one.when}}}, hold: aside}}" for n, one in enumerate(asides)
    )
    text = f"""{HEAD}market: {{{SEGMENTS}, set_aside: [{aside}]}}
definitions: {{mql: {{{mql}, requires: [{requires}]}}, fast_lane: [{_rules(asks, {}, "lane")}]}}
scoring:
  fit: {{points: [{_rules(asks, given, "fit")}]}}
  engagement: {{points: [{_rules(asks, given, "deed")}]}}
  score: {{fit: {weight}, engagement: {1 - float(weight)}}}
"""
    return Small(_valid(text), asks)


def _valid(text: str) -> Agreement:
    try:
        return load_text(text)
    except AgreementInvalid as wrong:
        if all(any(known in problem.message for known in REFUSED) for problem in wrong.problems):
            reject()
        raise


def _worth(points: int, cap: int) -> str:
    return f"points: {points}" + (f", at_most: {max(cap, abs(points))} per 7d" if cap else "")


def _both(one: Asks, other: Asks) -> Asks:
    return Asks(", ".join(filter(None, (one.when, other.when))), one.does, other.facts, one.or_does)


def _rules(asks: dict[str, Asks], given: dict[str, str], kind: str) -> str:
    rules = ((name, one.when, given.get(name, "")) for name, one in asks.items() if name.startswith(kind))
    return ", ".join(
        f"{{name: {name}, when: {{{when}}}{', ' * bool(more)}{more}}}" for name, when, more in rules
    )


LEADS: Final = st.fixed_dictionaries(
    {
        "title": st.sampled_from([None, None, "VP", "Clerk"]),
        "country": st.sampled_from([None, "US", "PT"]),
        "employees": st.sampled_from([None, 5, 50, 1000]),
        "free": st.sampled_from([False, True, None]),
    }
)
EVERY_LEAD: Final = tuple(
    dict(zip(("title", "country", "employees", "free"), values, strict=True))
    for values in product(
        (None, "Clerk", "VP Sales", "Chief Clerk", "VP, Chief"),
        (None, "PT", "US"),
        (None, 5, 50, 100, 1000),
        (None, False, True),
    )
)
"""Of each sort that the conditions tell apart."""

EVERY_DEED: Final = tuple(
    {name: value for name, value in zip(("type", "asset", "url"), values, strict=True) if value is not None}
    for values in product(
        ("other", "page_viewed", "form_submitted", "demo_requested"),
        (None, "a", "guide"),
        (None, "/pricing"),
    )
)
DONE: Final = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["page_viewed", "form_submitted", "demo_requested", "other"]),
            "asset": st.sampled_from([None, "guide"]),
            "url": st.sampled_from([None, "https://acme.example/pricing"]),
            "at": st.timedeltas(-timedelta(days=20), timedelta(0)).map(lambda ago: NOON + ago),
        }
    ),
    max_size=4,
)


def told_of(agreement: Agreement, facts: dict[str, Any], *done: dict[str, Any]) -> Told:
    """A lead of which this is known, and which did all this: something else where nothing is said."""
    told = Told(agreement)
    first, *others = done or ({},)
    told.hear(captured(first=deed(1, first), **who(facts)))
    told.hear(*(ActivityRecorded(activity=deed(seq, one)) for seq, one in enumerate(others, 2)))
    return told


def deed(seq: int, does: dict[str, Any]) -> Activity:
    """Something that a lead does: now, if it does not say when."""
    return activity(seq, **{"type": "other", **does})


def who(facts: dict[str, Any]) -> dict[str, Any]:
    """A lead with these facts, in what ingest says of it."""
    return {
        "person": Person(title=facts.get("title"), country=facts.get("country")),
        "company": Company(employees=facts.get("employees")),
        "email": None
        if (free := facts.get("free")) is None
        else Email(address="a@b.example", domain="b.example", free=free),
    }
