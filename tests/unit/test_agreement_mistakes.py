"""Every mistake is named once, where it stands, with what was expected and the nearest known word.

In each example ^ marks where the problem must point; it is not part of the file.
"""

import pytest

from shared.agreement import AgreementInvalid, Problem, load_text
from tests.unit.test_agreement_whole import LISTS, WHOLE

pytestmark = pytest.mark.slow


def problems_with(*changes: tuple[str, str]) -> tuple[list[Problem], list[tuple[int, int]]]:
    """What is wrong with the whole file after some changes, and the places that were marked in them."""
    text = WHOLE
    for old, new in changes:
        assert old in text, f"the example has no {old!r}"
        text = text.replace(old, new, 1)
    places = [
        (number, line.index("^") + 1) for number, line in enumerate(text.split("\n"), start=1) if "^" in line
    ]
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(text.replace("^", ""), "acme.yaml", LISTS)
    return invalid.value.problems, places


def check(old: str, new: str, message: str) -> None:
    problems, places = problems_with((old, new))
    assert [(problem.line, problem.column) for problem in problems] == places, [str(p) for p in problems]
    assert message in problems[0].message
    assert problems[0].file == "acme.yaml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "{language: es}",
            "{language: es, ^new_activity: true}",
            "'new_activity' is not known at this point",
        ),
        ("{account: {in_list", "{^reason: no-need, account: {in_list", "'reason' is not known at this point"),
        ("when: {fast_lane: true}\n", "when: {^reason: stalled}\n", "'reason' is not known at this point"),
        ("- segment: enterprise", "- when: {^round: 1}", "'round' is not known at this point"),
        ("[email, company", "[^score, company", "that is known before the score, found 'score'"),
        ("[email, company", "[^activity.type, company", "known before the score, found 'activity.type'"),
        ("by: activity.product", "by: ^account.pod", "holds text from a source, found 'account.pod'"),
        ("by: activity.product", "by: ^captured.at", "holds text from a source, found 'captured.at'"),
        ("person: opportunity.owner", "person: ^reason", "a name of the vocabulary that holds one"),
    ],
)
def test_what_is_not_known_where_it_is_asked_is_refused_by_name(old: str, new: str, message: str) -> None:
    check(old, new, message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cools_below: 45", "^cool_below: 45", "found 'cool_below'; did you mean 'cools_below'?"),
        ("score_at_least: 60, grade", "^score_at_lest: 60, grade", "did you mean 'score_at_least'?"),
        (
            "routing:\n",
            "^rooting:\n",
            "expected a field of this section, found 'rooting'; did you mean 'routing'?",
        ),
        ("rounds_at_most: 3", "rounds_at_most: 3\n  ^zzz: 1", "known: after_last_round, back_to, reasons"),
        ("{speaks: es}", "{^speeks: es}", "did you mean 'speaks'?"),
        ("who: {speaks: es}, else: queue", "who: {speaks: es}, else: {^tem: inside}", "did you mean 'team'?"),
        ("turn: fair", "turn: ^fairly", "found 'fairly'; did you mean 'fair'?"),
        ("do: remind}\n", "do: ^remnid}\n", "did you mean 'remind'?"),
        ("wrong-team: reroute", "wrong-team: ^rerout", "did you mean 'reroute'?"),
        ("else: queue}}\n    - {name: demo", "else: ^queu}}\n    - {name: demo", "did you mean 'queue'?"),
        ("back_to: rules", "back_to: ^the_rules", "did you mean 'rules'?"),
        ("nurture_needs: granted", "nurture_needs: ^yes", "known: granted, not_denied"),
    ],
)
def test_an_unknown_word_comes_with_the_nearest_known_one(old: str, new: str, message: str) -> None:
    check(old, new, message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rest,          to: {team: inside}", "rest,          to: {team: ^insde}", "did you mean 'inside'?"),
        ("to: {team: partners}", "to: {team: ^partner}", "did you mean 'partners'?"),
        ("[amer, emea, apac]", "[amer, ^eema, apac]", "expected a team of routing.teams, found 'eema'"),
        ("overflow:amer", "^overflow:amr", "did you mean 'amer'?"),
        ("overflow:amer", "^overflow:apac", "team 'apac' cannot overflow into itself"),
        ("overflow:amer", "^overflw:amer", "did you mean 'overflow:amer'?"),
        ("{team: account-executives}", "{team: ^account-executive}", "did you mean 'account-executives'?"),
        ("[{to: {team: account-executives}}]", "[{to: ^{person: carla@acme.example}}]", "expected `team:`"),
        ("else: {team: account-managers}", "else: {team: ^managers}", "did you mean 'account-managers'?"),
        (
            "denied: {hold: privacy}",
            "denied: {hold: ^privcy}",
            "a desk of `desks`, found 'privcy'; did you mean",
        ),
        ("rival.example]}}, hold: marketing", "rival.example]}}, hold: ^sales", "expected a desk of `desks`"),
        ("{hold: privacy, returns", "{hold: ^private, returns", "did you mean 'privacy'?"),
        ("otherwise: {track: new}", "otherwise: {track: ^nwe}", "did you mean 'new'?"),
        (
            "{track: next-year,",
            "{track: ^nextyear,",
            "a track of recycle.tracks, found 'nextyear'; did you mean",
        ),
        (
            "after_last_round: {track: keep-warm}",
            "after_last_round: {track: ^warm}",
            "did you mean 'keep-warm'?",
        ),
        ("- segment: enterprise", "- segment: ^entreprise", "did you mean 'enterprise'?"),
        ("{segment: enterprise, c", "{segment: ^entreprise, c", "a segment of market.segments, found"),
        ("in_list: named-accounts", "in_list: ^named_accounts", "did you mean 'named-accounts'?"),
        ("requires: [email, comp", "requires: [^emial, comp", "did you mean 'email'?"),
        ("tell: account.owner", "tell: ^account.ownr", "did you mean 'account.owner'?"),
        ("{person: account.owner}", "{person: ^account.ownr}", "did you mean 'account.owner'?"),
        ("by: activity.product", "by: ^activity.prodct", "did you mean 'activity.product'?"),
        (
            "by: activity.product",
            "by: ^company.employees",
            "expected a name of the vocabulary that holds text from a source",
        ),
        ("America/New_York", "^America/New_Yrok", "did you mean 'America/New_York'?"),
        ("to: lead}", "to: ^leed}", "did you mean 'lead'?"),
    ],
)
def test_a_reference_to_nothing_comes_with_the_nearest_name(old: str, new: str, message: str) -> None:
    check(old, new, message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("accept_within: 5m", "accept_within: ^09:00", "found '09:00', which is a time of day"),
        ("accept_within: 5m", "accept_within: ^5", "found 5; a unit is missing"),
        ("accept_within: 5m", "accept_within: ^5 minutes", "found '5 minutes'; did you mean '5m'?"),
        ("half_life: 14d", "half_life: ^2 Weeks", "found '2 Weeks'; did you mean '2w'?"),
        ("half_life: 14d", "half_life: ^a month", "expected a duration such as 30s, 15m, 4h or 14d"),
        ("mql_to_sal: 0.7", "mql_to_sal: ^70%", "found '70%'; did you mean 0.7?"),
        ("mql_to_sal: 0.7", "mql_to_sal: ^15", "found 15; did you mean 0.15?"),
        ("revenue: 1200000", "revenue: ^1.200.000,00", "write it in digits, without signs and"),
        ("revenue: 1200000", "revenue: ^$1,200,000", "write it in digits, without signs and"),
        ("at_most: 15 per 7d", "at_most: ^15 per week", "found 'week'; did you mean '1w'?"),
        ("half_life: 14d", "half_life: ^0d", "expected a duration above 0"),
        ("half_life: 14d", "half_life: ^4000d", "of at most 3650d"),
        ("at: 50%,", "at: ^0.5,", "a percentage such as 50%, found 0.5; did you mean 50%?"),
        ("at_most: 15 per 7d", "at_most: ^15 / 7d", "expected points per duration such as '30 per 7d'"),
        ("at_most: 15 per 7d", "at_most: ^15", "expected points per duration"),
        ("version: 3", "version: ^three", "expected a whole number, found 'three'"),
        ("version: 3", "version: ^0", "expected a number at least 1, found 0"),
        ("points: 40", "points: ^4.5", "expected a whole number, found 4.5"),
        ("points: 40", "points: ^4000", "expected a number at most 1000"),
        ("cap: 100", "cap: ^-1", "expected a number at least 0, found -1"),
        ("2026-11-01T00:00:00Z", "^2026-11-31", "expected an instant such as"),
        ("2026-11-01T00:00:00Z", "^2026-11-01T00:00:00", "expected a zone at the end"),
        ("until: 2027-03-31", "until: ^31.3.2027", "expected a date such as 2027-03-31"),
        ("sales: sam@acme.example", "sales: ^sam", "expected a person's e-mail address"),
        ("deputy: [carla@acme.example, dan@acme.example]", "deputy: ^[carla, dan]", "e-mail address"),
        ("deputy: [carla@acme.example, dan@acme.example]", "deputy: ^[]", "expected at least one person"),
        ("currency: USD", "currency: ^dollars", "expected a three-letter currency code"),
        ("revenue: 1200000", "revenue: ^0", "expected a number above 0, found 0"),
        ("mql_to_sal: 0.7", "mql_to_sal: ^1.7", "expected a number from 0 to 1"),
        ("mql_to_sal: 0.7", "mql_to_sal: ^0", "a rate of 0 would need endlessly many leads"),
        ("holidays: US", "holidays: ^XX", "expected a country whose holidays are known, such as US or US-CA"),
        ("holidays: US", "holidays: ^US-CX", "expected a region of US whose holidays are known"),
        ("partners, lead:", "^7, lead:", "expected a name, found 7; put it in quotes"),
        ("size: {accounts: 12000}", "size: ^12000", "expected a mapping, {name: value}, found 12000"),
        (
            "to: {person: account.owner}}",
            "to: ^ana@acme.example}",
            "expected {team: name} or {person: address}",
        ),
        (
            "rules: [{to: {team: account-executives}}]",
            "rules: ^[]",
            "expected at least one entry, found none",
        ),
    ],
)
def test_a_wrong_value_comes_with_what_was_expected(old: str, new: str, message: str) -> None:
    if "partners" in old:
        new = new + " pat@acme.example, deputy: pat@acme.example}\n    - {name: partners, lead:"
    check(old, new, message)
