"""A letter as an e-mail: text and HTML, and headers that nobody else can write into."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import Final

from services.routing.domain.telling.letter import Letter, Line

SUBJECT_MAX: Final = 120
_STYLE: Final = "font-family:sans-serif;font-size:15px;line-height:1.5"


def mail(letter: Letter, *, sender: str, to: str, key: str, at: datetime) -> EmailMessage:
    """The message. Its id comes from `key`, so that mailboxes show a repeat once.

    Raises ValueError for addresses that are none; those of the roster and the settings have been checked.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Baton", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = _subject(letter)
    message["Date"] = at
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(_text(letter)))
    message.add_alternative(_html(letter), subtype="html")
    return message


def _subject(letter: Letter) -> str:
    # One printable line, as every line of a letter is: no header can begin in it.
    first = f": {letter.lines[0].text.partition(' · ')[0]}" if letter.lines else ""
    return f"{letter.heading}{first}"[:SUBJECT_MAX]


def _text(letter: Letter) -> Iterator[str]:
    yield letter.heading
    yield ""
    yield from (f"{line.text}{f' {line.label}: {line.url}' if line.url else ''}" for line in letter.lines)
    if letter.until:
        yield from ("", letter.until)
    if letter.buttons:
        yield ""
        yield from (f"{button.label}: {button.url}" for button in letter.buttons)
    yield ""


def _html(letter: Letter) -> str:
    parts = [f'<div style="{_STYLE}"><h3>{escape(letter.heading)}</h3>']
    parts += [f"<p>{escape(line.text)}{_link(line)}</p>" for line in letter.lines]
    if letter.until:
        parts.append(f"<p><b>{escape(letter.until)}</b></p>")
    if letter.buttons:
        links = (_anchor(button.url, button.label) for button in letter.buttons)
        parts.append(f"<p>{' &nbsp; '.join(links)}</p>")
    return "\n".join([*parts, "</div>", ""])


def _link(line: Line) -> str:
    return f" {_anchor(line.url, line.label)}" if line.url else ""


def _anchor(url: str, label: str) -> str:
    return f'<a href="{escape(url)}">{escape(label)}</a>'
