"""A comparison says in words what a new version means, the most consequential first."""

import pytest

from shared.agreement import load_text
from shared.agreement.changes import Change, changes
from tests.unit.test_agreement_whole import LISTS, WHOLE

pytestmark = pytest.mark.slow

DUTIES = WHOLE[WHOLE.index("duties:") :]


def told(*edits: tuple[str, str], lists: dict[str, str] | None = None) -> list[Change]:
    text = WHOLE
    for old, new in edits:
        assert old in text, f"the example has no {old!r}"
        text = text.replace(old, new, 1)
    return changes(load_text(WHOLE, lists=LISTS), load_text(text, lists={**LISTS, **(lists or {})}))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("score_at_least: 60, g", "score_at_least: 55, g", "MQL threshold 60 → 55: easier"),
        ("score_at_least: 60, g", "score_at_least: 65, g", "MQL threshold 60 → 65: harder"),
        ("grade_at_least: C", "grade_at_least: B", "MQL grade C → B: harder"),
        ("[email, company.name, country]", "[email]", "email, company.name, country → email: easier"),
        ("[need, timeline]", "[need, timeline, budget]", "need, timeline → need, timeline, budget: harder"),
        ("points: 25}", "points: 30}", "fit rule target industry: points 25 → 30: more points"),
        ("half_life: 14d", "half_life: 7d", "half-life of engagement points 14d → 7d: points fade faster"),
        ("cools_below: 45", "cools_below: 50", "score below which an MQL cools 45 → 50: cools sooner"),
        ("accept_within: 5m", "accept_within: 10m", "policy hot: accept within 5m → 10m: more time"),
        ("at: 50%", "at: 60%", "policy hot: step 1: at 50% → 60%: later"),
        ("open: 40", "open: 30", "team us-enterprise: at most open 40 → 30: less for each rep"),
        (
            "{segment: enterprise, country: US}",
            "{segment: enterprise}",
            "rule enterprise US: when segment is enterprise and country is US → segment is enterprise: wider",
        ),
        (
            "{segment: enterprise, country: US}",
            "{segment: enterprise, country: US, language: en}",
            "and language is en: narrower",
        ),
        ("[vp, chief, director, head]", "[vp, chief, head]", "'vp', 'chief', 'head': narrower"),
        (
            "{in: [software, finance]}",
            "{in: [software, finance, retail]}",
            "software, finance, retail: wider",
        ),
        (
            "size,            when: {company.employees: {at_least: 100}}",
            "size, when: {company.employees: {at_least: 200}}",
            "size: when company.employees is at least 100 → company.employees is at least 200: narrower",
        ),
        ("{at_least: 1000}}}", "{above: 900, below: 90000}}}", "company.employees is below 90000"),
        ("score_at_least: 60}]", "score_at_least: 50}]", "score is at least 50): wider"),
        (", at_most: 15 per 7d", "", "e-mail click: at most: no longer 15 per 7d: more points"),
        ("{open: 40, per_day: 15}", "{open: 40}", "at most per day: no longer 15: more for each rep"),
        ("{open: 40, per_day: 15}", "{per_day: 15}", "at most open: no longer 40: more for each rep"),
        ("track: next-year, not_before: 90d", "track: next-year", "no longer 90d: returns sooner"),
        (
            "{track: keep-warm}\n    bad",
            "{track: keep-warm, not_before: 9d}\n    bad",
            "now 9d: returns later",
        ),
        ('    say: "…"\n', "", "playbook 1: say: no longer …"),
        ("{team: account.pod}", "{team: inside}", "rule named account: to team account.pod (the team that"),
        ("not_before: 90d", "not_before: 60d", "reason no-budget: not before 90d → 60d: returns sooner"),
        ("mql_to_sal: 0.7", "mql_to_sal: 0.8", "targets rates mql to sal 70% → 80%: fewer leads needed"),
        (
            "nurture_needs: granted",
            "nurture_needs: not_denied",
            "consent needed to nurture granted → not_denied: more may be nurtured",
        ),
        (
            "routing_needs: not_denied",
            "routing_needs: granted",
            "for sales not_denied → granted: fewer may be",
        ),
        ("at_most: 30 per 7d", "at_most: 15 per 7d", "at most 30 per 7d → 15 per 7d: fewer points"),
        ("at_most: 30 per 7d", "at_most: 30 per 3d", "at most 30 per 7d → 30 per 3d: more points"),
        ("person: coo@", "person: cfo@", "arbiter coo@acme.example → cfo@acme.example"),
        ("      tell: account.owner\n", "", "rule named account: tell: no longer account.owner"),
        ("  cools_below: 45\n", "", "score below which an MQL cools: no longer 45"),
        ("  size: {accounts: 12000}\n", "", "size of the market: no longer accounts 12000"),
        ("turn: fair\n", "turn: fair\n      catch_up: 2\n", "team us-enterprise: catch up 0 → 2"),
        (
            'hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}',
            'hours: {mon-thu: "08:30-17:30", fri: "08:30-16:00"}',
            "hours mon-fri 09:00-12:00, 13:00-18:00 → mon-thu 08:30-17:30; fri 08:30-16:00",
        ),
        ("opportunity_to_won: 0.22", "opportunity_to_won: 0.2200001", "22% → 22.00001%: fewer leads needed"),
        ("average_deal: 24000", "average_deal: 24000.001", "24,000 → 24,000.001: fewer leads needed"),
        (DUTIES, "", "no longer marketing (volume 95%, complete 95%, answers rejects within 2d), sales ("),
        (
            "    - name: hot\n",
            "    - {name: new, when: {country: FR}, attempts: {at_least: 6, within: 10d}}\n    - name: hot\n",
            "policy new is new, before hot: when country is FR, attempts (at least 6, within 10d)",
        ),
        ("        - {at: 50%,  do: remind}\n", "", "policy hot: step 1 is gone: at 50%, do remind"),
        (
            "playbooks:\n",
            "playbooks:\n  - {offer: Talk, until: 2027-03-31}\n",
            "playbook 1 is new: offer Talk",
        ),
    ],
)
def test_a_change_is_a_sentence(old: str, new: str, sentence: str) -> None:
    [change] = told((old, new))
    assert sentence in change.sentence


def test_what_means_the_same_is_no_change() -> None:
    assert told(("score_at_least: 60}]", "score: {at_least: 60}}]"), ("    cap: 100\n", "")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[email, company.name, country]", "[person.email, company.name, country]"),
        ("{segment: enterprise, country: US}", "{segment: {in: [enterprise]}, country: us}"),
        ("[vp, chief, director, head]", "[VP, Chief, director, head]"),
    ],
)
def test_another_spelling_of_the_same_is_no_change(old: str, new: str) -> None:
    assert told((old, new)) == []


def test_letters_count_in_a_pattern() -> None:
    old = WHOLE.replace("{has_word: [vp, chief, director, head]}", '{matches: "(?-i)vp"}')
    [change] = changes(
        load_text(old, lists=LISTS), load_text(old.replace('(?-i)vp"', '(?-i)VP"'), lists=LISTS)
    )
    assert "title matches '(?-i)vp' → title matches '(?-i)VP'" in change.sentence


def test_a_part_of_the_market_that_takes_all_the_rest_says_so() -> None:
    *_, came = told(("{name: unknown,    when: {company.employees: missing}}", "{name: others}"))
    assert came.sentence == "segment others is new, to the end: everything"


def test_what_stands_behind_what_has_gone_is_compared_with_itself() -> None:
    gone, changed = told(
        ("        - {at: 50%,  do: remind}\n", ""), ("{at: 300%, do: escalate", "{at: 200%, do: escalate")
    )
    assert gone.sentence == "policy hot: step 1 is gone: at 50%, do remind"
    assert changed.sentence == "policy hot: step 3: at 300% → 200%: sooner"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[vp, chief, director, head]", "[head, director, chief, vp]"),
        ("{segment: enterprise, country: US}", "{country: US, segment: enterprise}"),
        (
            "{any: [{fast_lane: true}, {new_activity: true, score_at_least: 60}]}",
            "{any: [{score_at_least: 60, new_activity: true}, {fast_lane: true}]}",
        ),
        ("[email, company.name, country]", "[country, email, company.name]"),
    ],
)
def test_an_order_that_means_nothing_is_no_change(old: str, new: str) -> None:
    assert told((old, new)) == []


def test_more_points_in_a_longer_time_may_be_more_or_fewer() -> None:
    [change] = told(("at_most: 30 per 7d", "at_most: 60 per 30d"))
    assert change.effect == ""


def test_a_cap_of_what_is_taken_away_has_no_such_effect() -> None:
    old = WHOLE.replace("points: 5, at_most: 15 per 7d", "points: -5, at_most: 15 per 7d")
    new = old.replace("at_most: 15 per 7d", "at_most: 30 per 7d")
    [change] = changes(load_text(old, lists=LISTS), load_text(new, lists=LISTS))
    assert (change.after, change.effect) == ("30 per 7d", "")


def test_the_most_consequential_comes_first() -> None:
    found = told(
        ("missed: {weeks: 2", "missed: {weeks: 3"),
        ("accept_within: 5m", "accept_within: 6m"),
        ("weeks: 3", "weeks: 4"),
        ("version: 3", "version: 4"),
        ("points: 40", "points: 41"),
        ("score_at_least: 60, g", "score_at_least: 55, g"),
        ("rounds_at_most: 3", "rounds_at_most: 2"),
    )
    assert [change.heading for change in found] == [
        "What an MQL is",
        "The score",
        "By when sales acts",
        "The way back",
        "Targets and duties",
        "The document",
    ]


def test_rules_come_go_and_have_other_names() -> None:
    spanish = (
        "    - {name: in Spanish,    when: {language: es}, "
        "to: {team: inside, who: {speaks: es}, else: queue}}\n"
    )
    french = spanish.replace("Spanish", "French").replace("es}", "fr}")
    [gone, came] = told((spanish, french))
    assert (gone.kind, came.kind) == ("gone", "new")
    assert gone.sentence.startswith(
        "rule in Spanish is gone: when language is es, to team inside, to one who"
    )
    assert came.sentence.startswith(
        "rule in French is new, before demo at night: when language is fr, to team"
    )
    [renamed] = told(("{name: rest, ", "{name: all others, "))
    assert renamed.sentence == "rule rest is called all others now"
    track, use = (
        ("    win-back: {owner", "    again: {owner"),
        ("{track: win-back, not", "{track: again, not"),
    )
    sentences = [change.sentence for change in told(track, use, use)]
    assert sentences[-1] == "track win-back is called again now"
    assert "reason lost: track win-back → again" in sentences


def test_only_the_rule_that_moved_is_said_to_have_moved() -> None:
    demo = (
        "    - {name: demo at night, when: {fast_lane: true}, "
        "to: {first_open: [amer, emea, apac], else: queue}}\n"
    )
    [moved] = told((demo, ""), ("    - name: named account\n", f"{demo}    - name: named account\n"))
    assert (moved.kind, moved.sentence) == ("moved", "rule demo at night has moved, before named account")


def test_the_order_of_points_means_nothing() -> None:
    line = "      - {name: size,            when: {company.employees: {at_least: 100}}, points: 20}\n"
    first = "      - {name: decision maker,"
    assert told((line, ""), (first, line + first)) == []


def test_a_list_with_other_rows_is_reported() -> None:
    [change] = told(lists={"lists/territories.csv": "country,region,territory\nUS,US-CA,west\n"})
    assert change.sentence == "list territories has other rows"
    assert change.heading == "Who gets a lead"
    rows = "domain,owner,pod\n" + "".join(f"{n}.example,eve@acme.example,emea\n" for n in "abcdef")
    [change] = told(lists={"lists/named_accounts.csv": rows})
    assert change.sentence == (
        "list named-accounts has other rows: 6 came (a.example, b.example, c.example, d.example, "
        "e.example, …); 1 went (bank.example)"
    )
