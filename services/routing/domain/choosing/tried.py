"""The rules that were tried, each with a sentence that says what it met.

Most leads have the country, the industry and the segment that another one had. So what rules say that ask for
nothing else is kept, and said of all leads that are alike in it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from shared.agreement import Agreement, Facts, RoutingRule
from shared.agreement.alike import Alike, by_words
from shared.contracts.values import RuleTried

_OF_FEW_VALUES: Final = frozenset(
    {
        *("language", "country", "region", "email.is_free", "email.is_disposable"),
        *("company.industry", "company.country", "account.relation", "account.match"),
        *("segment", "grade", "fast_lane", "activity.type", "activity.source"),
        *("consent", "interest", "source", "campaign", "captured.via"),
    }
)
"""The words that have the same value for many leads. What is said of others would only fill memory."""
_KEPT_MAX: Final = 50_000
"""How many sentences are kept of rules that follow each other."""


def rules_tried(
    facts: Facts, agreement: Agreement, *, until: int, passed: Mapping[int, str], keep: bool = True
) -> tuple[RuleTried, ...]:
    """The rules up to that place. `passed`: of those that hold, by their places, why they decided nothing.

    Without `keep` every sentence is made anew: what is true and what is 1 are alike for a memory.
    """
    tried: list[RuleTried] = []
    for row in _rows(agreement):
        if len(tried) > until:
            break
        tried += row.of(facts) if keep else row.new(facts)
    for place, why in passed.items():
        one = tried[place]
        tried[place] = replace(one, sentence=f"{one.sentence}; passed over: {why}")
    return tuple(tried[: until + 1])


class _Row:
    """Rules that follow each other, and ask for the same sort of words."""

    def __init__(self, rules: Sequence[RoutingRule], *, alike: bool) -> None:
        self._rules = rules
        names = {name for rule in rules for name in rule.condition.names}
        self.of = Alike(by_words(names), self.new, _KEPT_MAX // len(rules)).of if alike else self.new

    def new(self, facts: Facts) -> tuple[RuleTried, ...]:
        """What each of them met, of nothing but these facts."""
        return tuple(
            RuleTried(name=rule.name, matched=rule.condition.holds(facts), sentence=rule.sentence(facts))
            for rule in self._rules
        )


@lru_cache(maxsize=8)
def _rows(agreement: Agreement) -> tuple[_Row, ...]:
    rows: list[_Row] = []
    for alike, group in groupby(agreement.routing_rules, _asks_for_few_values):
        rules = list(group)
        # What is not kept is asked rule by rule, so that none is asked beyond the one that decides.
        rows += [_Row(rules, alike=True)] if alike else [_Row([rule], alike=False) for rule in rules]
    return tuple(rows)


def _asks_for_few_values(rule: RoutingRule) -> bool:
    return rule.condition.names <= _OF_FEW_VALUES
