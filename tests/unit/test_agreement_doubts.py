"""What is allowed and probably not meant is a warning with its line, and never an error."""

from pathlib import Path

import pytest

from deploy.unsourced import unsourced
from shared.agreement import load, load_text
from tests.unit.test_agreement_defaults import MINIMAL

STARTER = Path(__file__).parents[2] / "agreements" / "starter.yaml"
SEGMENTS = (
    "market: {segments: [{name: large, when: {company.employees: {at_least: 1000}}}, "
    "{name: small, when: {company.employees: known}}, {name: unknown}]}\n"
)


def doubts(text: str) -> list[str]:
    return [str(doubt) for doubt in load_text(text, "small.yaml").doubts]


def ruled(when: str) -> str:
    return MINIMAL.replace("rules: [", f"rules: [{{name: first, when: {when}, to: {{team: inside}}}}, ")


def test_a_segment_that_no_rule_names_is_doubtful_where_others_are_named() -> None:
    assert doubts(MINIMAL + SEGMENTS) == []
    [doubt] = doubts(ruled("{segment: large}") + SEGMENTS)
    assert doubt == (
        "small.yaml:10:81: no routing rule names the segments 'small', 'unknown': "
        "unless another rule matches, 'rest' takes it"
    )
    assert doubts(ruled("{segment: {in: [large, small, unknown]}}") + SEGMENTS) == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("vp", "the pattern 'vp' also matches inside 'MVP'; whole words are {has_word: vp}"),
        ("head|CTO", "the pattern 'CTO' also matches inside 'director'; whole words are {has_word: CTO}"),
        ("(ceo|hr)", "the pattern 'hr' also matches inside 'through'; whole words are {has_word: hr}"),
    ],
)
def test_a_short_pattern_that_also_hits_other_words_is_doubtful(pattern: str, message: str) -> None:
    [doubt] = doubts(ruled(f"{{title: {{matches: '{pattern}'}}}}"))
    assert message in doubt


@pytest.mark.parametrize("pattern", [r"\bvp\b", "^vp$", "director", "/pricing", "v.p", "zzz", "(ceo|hr)s"])
def test_other_patterns_are_not(pattern: str) -> None:
    assert doubts(ruled(f"{{title: {{matches: '{pattern}'}}}}")) == []


@pytest.mark.parametrize(
    ("word", "meant"), [("c++", "c"), ("c#", "c"), (".net", "net"), ("c++ lead", "c lead")]
)
def test_signs_around_a_word_are_doubtful(word: str, meant: str) -> None:
    [doubt] = doubts(ruled(f"{{title: {{has_word: '{word}'}}}}"))
    assert f"letters and digits alone: '{word}' means the word '{meant}'" in doubt
    assert f"use {{contains: '{word}'}}" in doubt


@pytest.mark.parametrize("word", ["vp", "vice-president", "r&d", "vice president"])
def test_other_words_are_not(word: str) -> None:
    assert doubts(ruled(f"{{title: {{has_word: '{word}'}}}}")) == []


def sources(fields: str) -> str:
    secret = "whsec_" + "A" * 43 + "="
    return f"sources: {{website: {{kind: standard, secrets: [{secret}], fields: {fields}}}}}\n"


def test_what_no_source_delivers_is_doubtful_where_it_is_asked_for(tmp_path: Path) -> None:
    agreement = tmp_path / "agreement.yaml"
    agreement.write_text(STARTER.read_text())
    found = load(agreement)
    assert list(unsourced(found, agreement, None)) == []
    settings = tmp_path / "sources.yaml"
    settings.write_text(sources("{own_id: id, title: title, activity.url: url}"))
    said = [str(doubt) for doubt in unsourced(found, agreement, None)]
    [free] = [line for line in said if "email.is_free" in line]
    line = (
        STARTER.read_text()
        .splitlines()
        .index("      - {name: company address, when: {email.is_free: false}, points: 10}")
    )
    assert free == (
        f"{agreement}:{line + 1}:9: no source of {settings} delivers email.is_free: "
        "map it there, or send it over the API"
    )
    assert not any("title" in line or "activity.type" in line for line in said)
    all_asked = "email: e, company.employees: s, company.industry: i, title: t, activity.url: u"
    settings.write_text(sources(f"{{{all_asked}}}"))
    assert list(unsourced(found, agreement, None)) == []


def test_sources_that_can_not_be_read_are_a_doubt_themselves(tmp_path: Path) -> None:
    [doubt] = unsourced(load(STARTER), STARTER, tmp_path / "none.yaml")
    assert "what the sources deliver is not known" in str(doubt)
    (tmp_path / "bad.yaml").write_text("sources: {website: {kind: pigeon, secrets: []}}\n")
    [doubt] = unsourced(load(STARTER), STARTER, tmp_path / "bad.yaml")
    assert "sources.website.kind" in str(doubt)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("domain\na.example\n", []),
        ("Account\na.example\n", []),
        (
            "owner,domain\nana@acme.example,a.example\n",
            ["nothing reads the column 'domain': account is looked up in 'owner'"],
        ),
        (
            "domain,owner,pod\na.example,ana@acme.example,emea\n",
            ["nothing reads the columns 'owner', 'pod': account is looked up in 'domain'"],
        ),
        (
            "a.example\nb.example\n",
            [
                "'a.example' is read as the name of the column: if it is a value, put a name above it; "
                "account is looked up in 'a.example'"
            ],
        ),
    ],
)
def test_what_nothing_reads_in_a_list_is_doubtful(rows: str, said: list[str]) -> None:
    listed = ruled("{account: {in_list: named}}") + "lists: {named: named.csv}\n"
    found = load_text(listed, "small.yaml", {"named.csv": rows}).doubts
    assert [doubt.message for doubt in found] == said
    assert {doubt.line for doubt in found} <= {10}


def test_a_list_that_no_rule_asks_is_doubtful() -> None:
    [doubt] = load_text(MINIMAL + "lists: {named: n.csv}\n", "small.yaml", {"n.csv": "domain\na\n"}).doubts
    assert doubt.message == "nothing reads the column 'domain': no rule asks"


NEW = "    new: {owner: maya@acme.example, deliver_to: nurture, acknowledge_within: 15m}\n"
WARM = NEW.replace("new:", "keep-warm:")


def never_from(track: str, **more: str) -> list[str]:
    """What is doubtful where nothing returns from this track, with these reasons beside the others."""
    reasons = "".join(f"    {name}: {to}\n" for name, to in more.items())
    text = STARTER.read_text().replace(track, track.replace("15m}", "15m, returns: never}"))
    found = doubts(text.replace("    do-not-contact:", f"{reasons}    do-not-contact:"))
    return [doubt.partition(": nothing returns from ")[2] for doubt in found if "nothing returns" in doubt]


def test_a_track_that_leads_come_to_by_default_and_never_leave_is_doubtful() -> None:
    assert never_from(NEW) == ["'new', where whoever is no MQL yet or allows contact again stays for ever"]
    assert never_from(WARM) == ["'keep-warm', where what is given up as cooled stays for ever"]


def test_a_track_that_only_reasons_name_may_return_nothing() -> None:
    assert never_from(WARM, cooled="{track: new}") == []


def leading(to: str) -> str:
    return MINIMAL.replace("rules: [", f"rules: [{{name: first, when: {{country: US}}, to: {to}}}, ")


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("{queue: inside, else: {team: inside}}", "a queue can have any lead: this `else` is never done"),
        ("{person: account.owner, else: queue}", "a person has no queue, so the next rule decides"),
        ("{team: inside, else: {person: account.owner, else: queue}}", "a person has no queue"),
    ],
)
def test_an_else_that_is_never_done_is_doubtful(to: str, message: str) -> None:
    [doubt] = doubts(leading(to))
    assert message in doubt


@pytest.mark.parametrize(
    "to", ["{person: account.owner, else: {queue: inside}}", "{first_open: [inside], else: queue}"]
)
def test_an_else_that_is_done_is_not(to: str) -> None:
    assert doubts(leading(to)) == []


@pytest.mark.parametrize(
    ("say", "cut"),
    [
        (
            "Ask for the #1 problem",
            "'#1 problem' is a comment, and no part of this text: put all of it in quotes",
        ),
        (
            "Ask in our #sales channel",
            "'#sales channel' is a comment, and no part of this text: put all of it in q",
        ),
        ("Ask for the problem    # the first one", None),
        ("Ask   #later", None),
        ("'Ask for the #1 problem'", None),
        ("Ask for problem#1 first", None),
    ],
)
def test_a_text_that_goes_on_behind_a_hash_is_doubtful(say: str, cut: str | None) -> None:
    found = load_text(f"{MINIMAL}playbooks:\n  - offer: A demo\n    say: {say}\n").doubts
    assert [(doubt.line, doubt.column) for doubt in found] == ([] if cut is None else [(12, 10)])
    assert all(doubt.message.startswith(cut or "") for doubt in found)
