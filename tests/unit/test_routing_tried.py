"""What rules say is kept for leads that are alike: nobody may get what was said of somebody else."""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.choosing.tried import rules_tried
from shared.agreement import load_text
from tests.service.routing_place import AGREEMENT

SPANISH: Final = "{any: [{language: es}, {country: {in: [ES, MX]}}]}"
RULES: Final = f"""    - {{name: in Spanish, when: {SPANISH}, to: {{team: inside}}}}
    - {{name: asked, when: {{all: [{{fast_lane: true}}, {{segment: other}}]}}, to: {{team: inside}}}}
    - {{name: large, when: {{company.employees: {{at_least: 500}}}}, to: {{team: enterprise}}}}
    - {{name: chiefs, when: {{title: {{has_word: [ceo]}}}}, to: {{team: enterprise}}}}
    - {{name: not in Spain, when: {{not: {{country: ES}}}}, to: {{team: inside}}}}
"""
REST: Final = "    - {name: rest, to: {team: inside}}\n"
ACME: Final = load_text(AGREEMENT.replace(REST, RULES + REST))
LAST: Final = len(ACME.routing_rules) - 1
FACTS: Final = st.fixed_dictionaries(
    {},
    optional={
        "language": st.sampled_from(["es", "en", "ES"]),
        "country": st.sampled_from(["ES", "PT"]),
        "fast_lane": st.booleans(),
        "segment": st.sampled_from(["enterprise", "other"]),
        "company.employees": st.sampled_from([5, 500, 5000]),
        "title": st.sampled_from(["CEO", "Engineer"]),
    },
)


@given(st.lists(FACTS, min_size=1, max_size=6), st.integers(0, LAST))
def test_what_is_kept_is_what_would_be_said_anew(leads: list[dict[str, Any]], until: int) -> None:
    for facts in leads:
        kept = rules_tried(facts, ACME, until=until, passed={})
        rules = ACME.routing_rules[: until + 1]
        assert [one.name for one in kept] == [rule.name for rule in rules]
        assert [one.sentence for one in kept] == [rule.sentence(facts) for rule in rules]
        met = ACME.rules_met(facts)
        assert [one.matched for one in kept] == [place in met for place in range(until + 1)]


def test_why_a_rule_decided_nothing_stays_with_that_lead() -> None:
    facts = {"country": "ES"}
    told = rules_tried(facts, ACME, until=LAST, passed={LAST: "bob is away"})
    assert told[LAST].sentence == "always; passed over: bob is away"
    assert rules_tried(facts, ACME, until=LAST, passed={})[LAST].sentence == "always"


def test_what_is_made_again_never_takes_a_number_for_the_truth() -> None:
    rules_tried({"fast_lane": True}, ACME, until=LAST, passed={})
    anew = rules_tried({"fast_lane": 1}, ACME, until=LAST, passed={}, keep=False)
    assert anew[3].sentence.startswith("fast_lane is true — 1")
