"""YAML's own traps are caught, with the line, before anybody signs what they did not mean."""

import re
from pathlib import Path

import pytest

from shared.agreement import AgreementInvalid, load, load_text
from tests.unit.test_agreement_defaults import MINIMAL


def messages(text: str) -> list[str]:
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(text, "small.yaml")
    return [str(problem) for problem in invalid.value.problems]


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("version: 2\n", ":10:1: 'version' stands here twice (first in line 2); keep one"),
        ("desks:\n", ":10:1: 'desks' has no value; give it one or remove the line"),
        ("desks: {a:b}\n", ":10:9: 'a:b' needs a blank after its colon"),
        ("desks: ~\n", ":10:1: 'desks' has no value"),
        ("desks: {<<: {a: {owner: a@b.c}}}\n", ":10:9: '<<' is not used here"),
        ("desks: {? [a] : {owner: a@b.c}}\n", ":10:11: expected a name before the colon"),
        ("playbooks: [{offer: x}, ~]\n", ":10:25: an item of this list is empty"),
        ("playbooks: [{offer: !secret x}]\n", ":10:21: YAML tags are not used here; remove '!secret'"),
        ("playbooks:\n\t- offer: x\n", ":11:1: a tab indents this line; YAML wants spaces"),
        ("playbooks: [{offer: x}\n", "the bracket that opens in line 10 is not closed before this"),
        ("desks: {a: {owner: a@b.c}\n", "the brace that opens in line 10 is not closed before this"),
        ("desks: a: {owner: a@b.c}\n", "a second colon in one line; put the entry in braces"),
        (" desks: {a: {owner: a@b.c}}\n", "this is not readable as YAML"),
        (
            "desks:\n  a: {owner: a@b.c}\n   b: {owner: a@b.c}\n",
            "this is not readable as YAML",
        ),
        (
            "playbooks:\n  - {offer: x}\n    - {offer: y}\n",
            ":12:5: this is not readable as YAML",
        ),
        (
            "desks:\n    a: {owner: a@b.c}\n  b: {owner: a@b.c}\n",
            "this begins after 2 blanks; what it can stand beside begins after 4 (line 11) or 0 (line 10)",
        ),
        ("market: {size: {accounts: 12,000}}\n", ":10:30: '000' stands after a comma, which ends an entry"),
        ('playbooks: [{offer: "x}]\n', ":10:21: this is not readable as YAML: the quote that opens here is"),
        ("playbooks: [{offer: 'x}]\ndesks: {}\n", ":10:21: this is not readable as YAML: the quote that"),
        ("desks: {a: {owner: a@b.c}}}\n", ":10:27: this is not readable as YAML: this '}' closes nothing"),
        (
            "playbooks: [{offer: x}], {offer: y}]\n",
            ":10:24: this is not readable as YAML: this does not go on",
        ),
        ("playbooks: [{offer: x}]]\n", ":10:24: this is not readable as YAML: this ']' closes nothing"),
        ("market: {size: {accounts: 010}}\n", ":10:27: 010 starts with a zero"),
        ("market: {size: {accounts: 1e308}}\n", ":10:27: '1e308' is not a number that an agreement can mean"),
        ("market: {size: {accounts: .nan}}\n", ":10:27: '.nan' is not a number"),
        ("market: {size: {accounts: -.inf}}\n", ":10:27: '-.inf' is not a number"),
        (
            "---\nagreement: other\n",
            ":10:1: this is not readable as YAML: '---' and '...' stand between files",
        ),
        (
            "desks: *nowhere\n",
            ":10:8: this is not readable as YAML: a text that begins with * or & stands in",
        ),
        (
            "playbooks: [{offer: \x07}]\n",
            ":10:21: this is not readable as YAML: a sign that is no text stands",
        ),
        (
            "playbooks: [{offer: @us}]\n",
            ":10:21: this is not readable as YAML: a text that begins with @ stands",
        ),
        (
            "playbooks: [{offer: 5%, say: %}]\n",
            ":10:30: this is not readable as YAML: a text that begins with %",
        ),
        ("playbooks: [{offer: *bold*}]\n", "a text that begins with * or & stands in quotes"),
        ("playbooks:\n  - offer: & more\n", "a text that begins with * or & stands in quotes"),
        ("playbooks:\n  - offer: |more\n", "a text that begins with | or > stands in quotes"),
        (
            "playbooks:\n  - offer: - more\n",
            "a list begins on a line of its own, and a text that begins with -",
        ),
        ("playbooks:\n  - offer: !{now}\n", "a text that begins with ! stands in quotes"),
        ("playbooks:\n  - offer: x\n%\n", ":12:2: this is not readable as YAML: a text that begins with %"),
        ("playbooks:\n  - offer: ? more\n", "a text that begins with ? stands in quotes"),
        (
            'playbooks: [{offer: "\\d+"}]\n',
            "in double quotes a backslash means something else; use single quo",
        ),
        (
            "playbooks: [{offer: x},, {offer: y}]\n",
            ":10:24: this is not readable as YAML: a value is missing be",
        ),
        (
            "desks: }\n",
            ":10:8: this is not readable as YAML: this '}' closes nothing that is open: there is one",
        ),
        (
            "desks\n  a: {owner: a@b.c}\n",
            ":10:1: this is not readable as YAML: a colon and a blank are missing",
        ),
        (
            "desks:\n        a: {owner: a@b.c}\n  b: {}\n",
            "this begins after 2 blanks; what it can stand beside begins after 8 (line 11) or 0 (line 10)",
        ),
        ("desks:\tx\n", ":10:7: this is not readable as YAML: a tab stands here; YAML wants blanks"),
        (
            "playbooks:\n  - offer: x\n      say: y\n",
            ":12:10: this is not readable as YAML: this begins further to the right than what it can stand",
        ),
        (
            "playbooks:\n  - {offer: x}\n  say: y\n",
            ":12:3: this is not readable as YAML: the list that line 11 goes on with has entries that begin",
        ),
        (
            "desks: {}\n- {offer: x}\n",
            ":11:1: this is not readable as YAML: this '- ' begins an entry of a list, and stands beside",
        ),
        (
            f"playbooks: {'[' * 900}\n",
            ":1:1: this is not readable as YAML: too many brackets or braces lie in",
        ),
    ],
)
def test_a_trap_is_named_with_its_line(added: str, message: str) -> None:
    assert message in messages(MINIMAL + added)[0]


def test_no_word_of_a_parser_is_left_and_no_place() -> None:
    signs = (
        "@",
        "*",
        "&",
        "|",
        ">",
        "%",
        "`",
        "!{",
        "?",
        "- ",
        "}",
        "]",
        ",",
        "\t",
        "'",
        '"',
        "{",
        "[",
        "\x07",
        "a: b: c",
    )
    for sign in signs:
        for written in (f"x: {sign}y\n", f"x: [{sign}, y]\n", f"x: {{z: {sign}}}\n", f"x: y\n  {sign}z\n"):
            with pytest.raises(AgreementInvalid) as invalid:
                load_text(MINIMAL + written, "small.yaml")
            for problem in invalid.value.problems:
                assert not re.search("token|scalar|node|simple key|block|flow|stream", problem.message)
                assert problem.line > 0 < problem.column


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("agreement: small", "agreement: {a: b, LONG}"),
        ("{name: inside", "{name: LONG, lead: a@b.c, deputy: a@b.c}, {name: others"),
        ("agreement: small", "LONG: small"),
    ],
)
def test_what_is_very_long_is_not_repeated_whole(old: str, new: str) -> None:
    found = messages(MINIMAL.replace(old, new.replace("LONG", "y" * 1_000)))
    assert max(map(len, found)) < 500


def test_every_line_with_a_tab_is_named() -> None:
    found = messages(MINIMAL + "playbooks:\n\t- offer: x\n\t- offer: y\n")
    assert [line.split(": ")[0] for line in found] == ["small.yaml:11:1", "small.yaml:12:1"]


def test_every_line_that_a_merge_left_is_named() -> None:
    found = messages(MINIMAL + "<<<<<<< HEAD\ndesks: {}\n=======\nplaybooks: []\n>>>>>>> theirs\n")
    assert found == [f"small.yaml:{n}:1: this line is left from a merge; settle it" for n in (10, 12, 14)]


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        ("postal_code: 01234", "01234"),
        ("phone: +49", "+49"),
        ("campaign: 1e5", "1e5"),
        ("title: true", "true"),
    ],
)
def test_what_should_be_text_is_shown_as_it_stands_in_the_file(condition: str, written: str) -> None:
    rule = f"{{name: one, when: {{{condition}}}, to: {{team: inside}}}}, "
    found = messages(MINIMAL.replace("rules: [", "rules: [" + rule))
    assert f"put {written} in quotes if it is meant so" in found[-1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("NO", "NO"), ("no", "NO"), ("'NO'", "NO")],
)
def test_norway_is_a_country(written: str, meant: str) -> None:
    rule = f"{{name: north, when: {{country: {written}}}, to: {{team: inside}}}}, "
    agreement = load_text(MINIMAL.replace("rules: [", "rules: [" + rule))
    assert 0 in agreement.rules_met({"country": meant})


@pytest.mark.parametrize("written", ["true", "5", "[NO, SE]"])
def test_a_country_that_is_no_text_is_refused(written: str) -> None:
    rule = f"{{name: north, when: {{country: {written}}}, to: {{team: inside}}}}, "
    assert "expected " in messages(MINIMAL.replace("rules: [", "rules: [" + rule))[0]


def test_hours_without_quotes_stay_hours() -> None:
    text = MINIMAL + (
        "follow_up: {calendars: {us: {zone: Europe/Paris, hours: {mon-fri: [09:00-12:00, 13:00-18:00]}}}}\n"
    )
    calendar = load_text(text).written.follow_up.calendars["us"]
    assert calendar.hours == {"mon-fri": ("09:00-12:00", "13:00-18:00")}


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ("{mon-fri: 09:00}", "expected hours such as \"09:00-17:30\" on mon-fri, found '09:00'"),
        ("{mon-fri: 9-17}", "expected hours such as"),
        ("{mon-fri: 25:00-26:00}", "expected hours such as"),
        ("{weekdays: 09:00-17:00}", "expected days such as mon-fri or sat, found 'weekdays'"),
        ("{}", "expected at least one entry, found none"),
    ],
)
def test_hours_that_are_none_are_refused(hours: str, message: str) -> None:
    text = MINIMAL + f"follow_up: {{calendars: {{us: {{zone: Europe/Paris, hours: {hours}}}}}}}\n"
    assert message in messages(text)[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a mapping that starts with 'agreement: <name>'"),
        ("- a\n- b\n", "expected a mapping"),
        ("just text", "expected a mapping"),
        ("# only a comment\n", "expected a mapping"),
        ("  agreement: x\nversion: 1\n", ":2:1: this is not readable as YAML: this does not go on with"),
        ("%YAML 1.1\n---\nagreement: x\n", ":1:1: YAML directives are not used here"),
        ("x" * 1_000_001, "longer than 1,000,000 characters"),
    ],
)
def test_what_is_no_agreement_at_all_is_refused(text: str, message: str) -> None:
    [found] = messages(text)
    assert message in found


def test_an_alias_is_read_and_a_bomb_of_aliases_is_refused() -> None:
    shared = MINIMAL + "playbooks: [&one {offer: x, until: 2027-03-31}, *one]\n"
    assert len(load_text(shared).playbooks) == 2
    lines = ["playbooks:", "  - &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert any("too deep or too much" in line for line in messages(MINIMAL + "\n".join(lines) + "\n"))
    assert any("too deep" in line for line in messages(MINIMAL + "playbooks: &loop [*loop]\n"))
    assert any("too deep" in line for line in messages(MINIMAL + "playbooks: " + "[" * 60 + "]" * 60 + "\n"))


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(AgreementInvalid, match=r"none\.yaml:0:0: this file can not be read: No such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"agreement: caf\xe9\n")
    with pytest.raises(AgreementInvalid, match="it is not UTF-8 text"):
        load(tmp_path / "latin.yaml")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load(tmp_path / "small.yaml").ref == "small@1"
