"""A letter as an adaptive card for Microsoft Teams, and what Teams' answers mean."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from services.routing.domain.telling.letter import Letter, Line

CARD: Final = "application/vnd.microsoft.card.adaptive"
LINES_BYTES_MAX: Final = 18 * 1024
"""Teams takes 28 KiB in all; lines beyond this are left out, and counted."""


def card(letter: Letter) -> dict[str, Any]:
    """The message, for a workflow or an incoming webhook. In runs of text Teams reads no Markdown."""
    body = [_runs([_run(letter.heading, weight="Bolder", size="Medium")])]
    body += [_runs(_line(line)) for line in _that_fit(letter.lines)]
    if letter.until:
        body.append(_runs([_run(letter.until, weight="Bolder")]))
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [
            {"type": "Action.OpenUrl", "title": button.label, "url": button.url} for button in letter.buttons
        ],
    }
    return {"type": "message", "attachments": [{"contentType": CARD, "content": content}]}


def went_wrong(text: str) -> str | None:
    """What Teams says in a 200 that is no success, or None. A webhook says 1 if it is, a workflow nothing."""
    return None if text.strip() in ("", "1") or text.lstrip().startswith("{") else text.strip()[:200]


def _that_fit(lines: Sequence[Line]) -> list[Line]:
    sizes = accumulate(len(line.text.encode()) + 2 * len(line.url) for line in lines)
    fit = sum(size <= LINES_BYTES_MAX for size in sizes)
    left = len(lines) - fit
    return [*lines[:fit], *([Line(f"… and {left} more lines")] if left else [])]


def _line(line: Line) -> list[dict[str, Any]]:
    runs = [_run(line.text)]
    if line.url:
        opens = {"selectAction": {"type": "Action.OpenUrl", "url": line.url}}
        runs.append(_run(f" {line.label}", color="Accent") | opens)
    return runs


def _run(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}


def _runs(inlines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": inlines}
