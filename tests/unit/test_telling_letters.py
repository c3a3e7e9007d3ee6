"""What people read: the story in a few lines, the deadline on their own clock, nothing that others made."""

import json
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import get_args

import pytest
from msgspec.structs import replace

from services.routing.domain.model import ClockName
from services.routing.domain.telling import slack, teams
from services.routing.domain.telling.letter import (
    LINE_MAX,
    Action,
    Letter,
    Line,
    letter_of,
    local,
    shown,
    until,
)
from services.routing.domain.telling.mail import mail
from services.routing.domain.words import story
from shared.contracts.values import Deadline
from shared.testing.leads import NOON
from tests.unit.routing_letters import AGREED, ANA, EVIL, EVIL_LETTER, LETTER, MESSAGE, URL


def mailed(letter: Letter, key: str = "k1") -> bytes:
    return mail(letter, sender="baton@acme.example", to="bob@acme.example", key=key, at=NOON).as_bytes()


def test_a_letter_tells_who_what_why_now_the_offer_and_by_when() -> None:
    assert [LETTER.heading, *(line.text for line in LETTER.lines), LETTER.until] == [
        "A lead for you",
        "Ana Silva, Operations Director, Northwind (software, 120 employees), PT"
        " · ana@northwind.example · +351 912 345 678",
        '2026-11-02 12:00:00 UTC: demo requested: "Call me"',
        "Why now: score 72, grade A: title",
        "Offer: two weeks of trial with onboarding",
        "Say: Ask who decides.",
        "Send: case.pdf, prices.pdf",
        "Answer by Mon 2 Nov 2026, 11:00 (America/New_York)",
    ]


def test_what_to_say_and_send_is_that_of_the_leads_segment_and_nothing_if_it_is_not_agreed_any_more() -> None:
    assert story(replace(ANA, segment="large"), AGREED)[-1] == "Say: Ask their bank."
    assert story(replace(ANA, playbook="a free year"), AGREED)[-1] == "Offer: a free year"


@pytest.mark.parametrize("action", get_args(Action))
def test_whatever_is_told_has_a_heading_in_words(action: Action) -> None:
    heading = letter_of(replace(MESSAGE, action=action)).heading
    assert heading[0].isupper()
    assert " " in heading


@pytest.mark.parametrize("name", get_args(ClockName))
def test_whatever_is_wanted_by_a_deadline_is_said_in_words(name: ClockName) -> None:
    said = until(Deadline(name=name, due_at=NOON, policy="standard"), "UTC")
    assert said[0].isupper()


def test_without_a_zone_the_deadline_is_in_utc_and_says_so() -> None:
    assert letter_of(replace(MESSAGE, zone=None)).until == "Answer by Mon 2 Nov 2026, 16:00 (UTC)"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sun 25 Oct 2026, 02:30 (Europe/Berlin)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sun 25 Oct 2026, 02:30 (Europe/Berlin)"),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "Sun 29 Mar 2026, 03:30 (Europe/Berlin)"),
    ],
)
def test_the_night_of_a_clock_change_is_told_as_clocks_show_it(at: datetime, said: str) -> None:
    assert local(at, "Europe/Berlin") == said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\r\nBcc: all@acme.example", "one Bcc: all@acme.example"),
        ("a\x00b\x1b[31m\u2028c\u202ed", "a b [31m c d"),
        ("  much   air ", "much air"),
        ("x" * 500, "x" * (LINE_MAX - 1) + "…"),
    ],
)
def test_what_came_from_outside_is_one_line_and_ends(text: str, line: str) -> None:
    assert shown(text) == line


# ---- Slack


def test_a_letter_in_slack_says_its_deadline_and_has_a_button() -> None:
    message = slack.blocks(LETTER)
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "section", "actions"]
    assert message["blocks"][2]["text"]["text"] == "*Answer by Mon 2 Nov 2026, 11:00 (America/New_York)*"
    [button] = message["blocks"][3]["elements"]
    assert (button["url"], button["text"]["text"]) == (URL, "Accept")
    assert message["text"].startswith("A lead for you: Ana Silva")
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


def test_in_slack_nobody_else_can_write_a_link_or_call_a_channel() -> None:
    message = slack.blocks(EVIL_LETTER)
    texts = [message["text"], *(block["text"]["text"] for block in message["blocks"][1:3])]
    for text in texts:
        ours = text.replace(f"<{URL}|Answer>", "")
        assert "<" not in ours
        assert ">" not in ours
        assert "&lt;!channel&gt;" in ours
    assert all(block["text"]["verbatim"] for block in message["blocks"] if block["type"] == "section")


def test_in_slack_no_section_is_longer_than_slack_takes() -> None:
    letter = Letter("many", tuple(Line("<" * LINE_MAX) for _ in range(40)))
    sections = [b["text"]["text"] for b in slack.blocks(letter)["blocks"] if b["type"] == "section"]
    assert max(len(section) for section in sections) < slack.SECTION_MAX
    assert sum(section.count("&lt;") for section in sections) == 40 * LINE_MAX
    assert len(sections) < 50


# ---- Teams


def test_a_letter_in_teams_says_its_deadline_and_has_a_button() -> None:
    [attachment] = teams.card(LETTER)["attachments"]
    card = attachment["content"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Accept", "url": URL}]
    assert card["body"][0]["inlines"][0]["text"] == "A lead for you"
    assert card["body"][-1]["inlines"][0]["text"].startswith("Answer by")


def test_in_teams_nothing_is_read_as_markdown() -> None:
    # A TextBlock reads Markdown, so that [a](https://…) would be a link; a TextRun does not.
    card = json.dumps(teams.card(EVIL_LETTER))
    assert '"TextBlock"' not in card
    assert EVIL in [
        run["text"] for run in teams.card(EVIL_LETTER)["attachments"][0]["content"]["body"][1]["inlines"]
    ]


@pytest.mark.parametrize("one", ["x", "é", "漢", "😀"])
def test_teams_takes_no_more_than_28_kib(one: str) -> None:
    letter = Letter("many", tuple(Line(one * LINE_MAX, URL, "Answer") for _ in range(41)))
    card = teams.card(letter)
    assert 15 * 1024 < len(json.dumps(card, ensure_ascii=False).encode()) < 28 * 1024
    assert "more" in card["attachments"][0]["content"]["body"][-1]["inlines"][0]["text"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("1", None),
        ("", None),
        ('{"id": 7}', None),
        ("Webhook message delivery failed with error: … HTTP error 429", "Webhook message delivery failed"),
    ],
)
def test_teams_says_in_a_200_what_went_wrong(said: str, wrong: str | None) -> None:
    found = teams.went_wrong(said)
    assert (found is None) if wrong is None else (found or "").startswith(wrong)


# ---- e-mail


def test_a_letter_by_mail_is_text_and_html() -> None:
    message = message_from_bytes(mailed(LETTER), policy=default)
    text, html = message.iter_parts()
    assert message["Subject"].startswith("A lead for you: Ana Silva, Operations Director, Northwind")
    assert "ana@northwind" not in message["Subject"]
    assert f"Accept: {URL}" in text.get_content()
    assert f'<a href="{URL}">Accept</a>' in html.get_content()
    assert message["Auto-Submitted"] == "auto-generated"


def test_by_mail_nobody_else_can_write_html() -> None:
    message = message_from_bytes(mailed(EVIL_LETTER), policy=default)
    html = list(message.iter_parts())[1].get_content()
    assert "<b>&" not in html
    assert "<!channel>" not in html
    assert html.count("<a ") == 2


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@acme.example", "Eve\nSubject: x", "Eve\r\n\r\nhello", "É" * 300]
)
def test_by_mail_nobody_else_can_write_a_header(name: str) -> None:
    letter = letter_of(replace(MESSAGE, story=(name,)))
    message = message_from_bytes(mailed(letter), policy=default)
    assert message["Bcc"] is None
    assert len(message.get_all("Subject")) == 1
    assert message["To"] == "bob@acme.example"


def test_a_repeat_has_the_same_message_id() -> None:
    assert mailed(LETTER).split(b"Message-ID:")[1][:60] == mailed(LETTER).split(b"Message-ID:")[1][:60]
    assert mailed(LETTER).split(b"Message-ID:")[1][:60] != mailed(LETTER, "k2").split(b"Message-ID:")[1][:60]
