"""What a file leaves out, and another of its entries decides, is compared as it is meant."""

import pytest

from shared.agreement import load_text
from shared.agreement.changes import changes
from shared.agreement.prose import explain
from tests.unit.test_agreement_whole import LISTS, WHOLE

pytestmark = pytest.mark.slow

SILENT = """agreement: small
version: 1
parties: {marketing: mina@acme.example, sales: sam@acme.example, arbiter: {person: coo@acme.example}}
desks:
  shop: {owner: mina@acme.example}
  office: {owner: sam@acme.example}
definitions: {fast_lane: [{name: demo, when: {activity.type: demo_requested}}]}
routing:
  teams: [{name: inside, lead: ines@acme.example, deputy: ines@acme.example}]
  rules: [{name: rest, to: {team: inside}}]
follow_up: {policies: [{name: all, ladder: [{at: 200%, do: escalate}]}]}
recycle:
  tracks:
    letters: {owner: mina@acme.example, deliver_to: tool}
    offers: {owner: sam@acme.example}
"""
SHOP, OFFICE = "  shop: {owner: mina@acme.example}\n", "  office: {owner: sam@acme.example}\n"
LETTERS = "    letters: {owner: mina@acme.example, deliver_to: tool}\n"
OFFERS = "    offers: {owner: sam@acme.example}\n"


def told(old: str, new: str, text: str = SILENT) -> list[str]:
    assert old in text
    found = changes(load_text(text, lists=LISTS), load_text(text.replace(old, new, 1), lists=LISTS))
    return [change.sentence for change in found]


def test_the_desk_and_the_track_that_come_first_are_meant_where_the_file_is_silent() -> None:
    assert told(SHOP + OFFICE, OFFICE + SHOP) == [
        "desk for who refused shop → office",
        "desk for who may not be nurtured shop → office",
        "reason do-not-contact: hold shop → office",
    ]
    assert told(LETTERS + OFFERS, OFFERS + LETTERS) == [
        "track of what is not qualified yet letters → offers",
        *(
            f"reason {reason}: track letters → offers"
            for reason in ("unreachable", "stalled", "cooled", "lost", "not-per-definition")
        ),
        "track after the last return letters → offers",
    ]


def test_a_desk_or_track_that_is_meant_by_its_name_says_what_it_takes() -> None:
    assert told(OFFICE, f"{OFFICE}  privacy: {{owner: sam@acme.example}}\n")[:1] == [
        "desk for who refused shop → privacy"
    ]
    assert "track of what is not qualified yet letters → new" in told(
        OFFERS, f"{OFFERS}    new: {{owner: sam@acme.example}}\n"
    )
    assert told(f"desks:\n{SHOP}{OFFICE}", "desks: {privacy: {owner: mina@acme.example}}\n")[:1] == [
        "desk for who refused shop → privacy"
    ]


def test_whoever_signs_for_marketing_answers_where_the_file_is_silent() -> None:
    assert told("marketing: mina@", "marketing: max@") == [
        "who signs for marketing mina@acme.example → max@acme.example",
        "who answers until a lead is scored mina@acme.example → max@acme.example",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "intake: {owner: mina@acme.example, scored_within: 2m}\n",
        "consent: {denied: {hold: shop}, otherwise: {hold: shop}}\n",
        "scoring: {otherwise: {track: letters}}\n",
        "  after_last_round: {track: letters}\n",
        "  reasons: {lost: {track: letters}, not-a-lead: {ends: closed}}\n",
    ],
)
def test_to_write_what_is_meant_anyway_is_no_change(said: str) -> None:
    assert told(SILENT, SILENT + said) == told(SILENT + said, SILENT, SILENT + said) == []


def test_a_desk_that_is_always_there_is_marketings() -> None:
    silent, written = (
        SILENT.replace(f"desks:\n{SHOP}{OFFICE}", ""),
        "desks: {marketing: {owner: mina@acme.example}}\n",
    )
    assert told(silent, silent + written, silent) == []
    assert "desk marketing: owner mina@acme.example → max@acme.example" in told(
        "marketing: mina@", "marketing: max@", silent
    )


def test_of_a_new_policy_only_what_is_written_is_told() -> None:
    [said] = told("policies: [", "policies: [{name: big, when: {fast_lane: true}}, ")
    assert said == "policy big is new, before all: when fast_lane is true"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("deliver_to: tool}", "deliver_to: tool, acknowledged_by: delivery}"),
        ("owner: sam@acme.example}\n", "owner: sam@acme.example, acknowledged_by: call_back}\n"),
        ("do: escalate}", "do: escalate, to: lead}"),
    ],
)
def test_so_it_is_in_tracks_and_ladders(old: str, new: str) -> None:
    text = SILENT.replace(OFFICE, "")
    assert told(old, new, text) == []
    assert explain(load_text(text)) == explain(load_text(text.replace(old, new, 1)))


def test_a_rule_that_moved_and_has_another_name_is_said_to_have_moved() -> None:
    demo = (
        "    - {name: demo at night, when: {fast_lane: true}, "
        "to: {first_open: [amer, emea, apac], else: queue}}\n"
    )
    first = "    - name: named account\n"
    moved = WHOLE.replace(demo, "").replace(first, demo.replace("demo at night", "demo") + first)
    assert told(WHOLE, moved, WHOLE) == [
        "rule demo at night is called demo now",
        "rule demo has moved, before named account",
    ]


def test_a_list_whose_rows_stand_in_another_order_is_no_change() -> None:
    rows = LISTS["lists/named_accounts.csv"].splitlines()
    text = "\n".join([rows[0], "a.example,eve@acme.example,emea", *rows[1:]])
    other = "\n".join([rows[0], *reversed([*rows[1:], "A.example ,eve@acme.example,emea"])])
    one, two = (
        load_text(WHOLE, lists={**LISTS, "lists/named_accounts.csv": rows_}) for rows_ in (text, other)
    )
    assert changes(one, two) == []


def test_a_condition_that_is_written_in_another_way_is_neither_narrower_nor_wider() -> None:
    before, after = "{country: ES}", "{any: [{country: ES}, {country: ES, fast_lane: true}]}"
    text = SILENT.replace(
        "{name: rest", f"{{name: some, when: {before}, to: {{queue: inside}}}}, {{name: rest"
    )
    [said] = told(before, after, text)
    assert said.endswith("fast_lane is true)")
