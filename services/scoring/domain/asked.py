"""What an agreement's scoring asks for, with examples of it: found once, to be tried on every lead."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from shared.agreement import Agreement, Facts, PointsRule
from shared.agreement.building.spelled import names_in, spelled
from shared.agreement.conditions.examples import (
    NOW,
    Values,
    deed,
    examples,
    is_of_lead,
    plain,
    values_apart,
    whole,
)
from shared.agreement.conditions.generate import each_that_holds, whether_it_holds
from shared.agreement.conditions.nodes import Always, Node, tests_of
from shared.agreement.conditions.vocabulary import ACTIVITY

Example: TypeAlias = Mapping[str, Any]
_TRIED_MAX: Final = 500


class Asked(NamedTuple):
    """Examples of all that rules and fast lanes ask for; and of what each name may be that an MQL must have.

    `together`: the names that one condition asks of a lead, of fit rules first. `with_deeds`: those that are
    asked of it together with what it does; `met` tells how these comparisons come out.
    """

    lanes: Sequence[tuple[str, Sequence[Example]]]
    deeds: Sequence[tuple[PointsRule, Sequence[Example]]]
    finds: Sequence[tuple[PointsRule, Sequence[Example]]]
    required: Mapping[str, Sequence[Example]]
    findable: frozenset[str]
    together: Sequence[frozenset[str]]
    with_deeds: frozenset[str]
    met: Callable[[Facts], tuple[int, ...]]


@lru_cache(maxsize=8)
def asked_by(agreement: Agreement) -> Asked:
    """What the scoring of this agreement asks for."""
    nodes, sections = spelled(agreement.written, agreement.conditions), agreement.sections
    values = values_apart(nodes.tests)
    by_deed = [node for node in (*nodes.engagement, *nodes.lanes, *nodes.asides) if _deed_names(node)]
    beside = dict.fromkeys(test for node in by_deed for test in tests_of(node) if is_of_lead(test.name))
    finds = [_leads({name: values[name] for name in _lead_names(node)}, node) for node in nodes.fit]
    required = {name: _required(name, values) for name in agreement.mql.requires}
    lanes = [lane.name for lane in agreement.fast_lanes]
    return Asked(
        lanes=[*zip(lanes, _deeds(values, nodes.lanes), strict=True)],
        deeds=[*zip(sections.engagement.choices, _deeds(values, nodes.engagement), strict=True)],
        finds=[*zip(sections.fit.choices, finds, strict=True)],
        required=required,
        findable=frozenset(name for some in (*finds, *required.values()) for one in some for name in one),
        together=[_lead_names(node) for node in (*nodes.fit, *nodes.asides)],
        with_deeds=frozenset(test.name for test in beside),
        met=each_that_holds(list(beside)),
    )


def _leads(values: Values, node: Node) -> list[Example]:
    """Leads with these values that fulfil a condition."""
    holds = whether_it_holds(node)
    return [lead for lead in map(whole, examples(values, _TRIED_MAX)) if holds({**lead, "now": NOW})]


def _required(name: str, values: Values) -> list[Example]:
    """Leads of which this is known; none if it is concluded from something else."""
    known = [value for value in values.get(name, ()) if value is not None]
    return _leads({name: [plain(name), *known]}, Always()) if is_of_lead(name) else []


def _deeds(values: Values, nodes: Iterable[Node]) -> Iterator[list[Example]]:
    """Activities that fulfil each of the conditions; where it asks for certain leads too, all that may."""
    for node in nodes:
        done = map(deed, examples({name: values[name] for name in _deed_names(node)}, _TRIED_MAX))
        yield list(done if _lead_names(node) else filter(whether_it_holds(node), done))


def _lead_names(node: Node) -> frozenset[str]:
    return frozenset(filter(is_of_lead, names_in(node)))


def _deed_names(node: Node) -> frozenset[str]:
    return names_in(node) & ACTIVITY - {"activity.at"}
