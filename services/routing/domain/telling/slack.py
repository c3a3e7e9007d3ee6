"""A letter in Slack's Block Kit, and what Slack's answers mean."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from services.routing.domain.telling.letter import Letter, Line

HEADER_MAX: Final = 150
SECTION_MAX: Final = 3000
PASSING: Final = frozenset(
    [
        "accesslimited",
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "rollup_error",
        "service_unavailable",
        "team_added_to_org",
    ]
)
"""What passes by itself."""
TO_MEND: Final = frozenset(
    [
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "token_expired",
        "token_revoked",
    ]
)
"""What somebody may mend while Baton goes on trying."""


def blocks(letter: Letter) -> dict[str, Any]:
    """The message. Nothing in it can be a link, a mention or a command that is not ours."""
    parts: list[dict[str, Any]] = [{"type": "header", "text": _plain(letter.heading, HEADER_MAX)}]
    parts += [{"type": "section", "text": _text(text)} for text in _sections(letter.lines)]
    if letter.until:
        parts.append({"type": "section", "text": _text(f"*{escaped(letter.until)}*")})
    if letter.buttons:
        buttons = [
            {"type": "button", "action_id": f"link-{n}", "text": _plain(button.label, 75), "url": button.url}
            for n, button in enumerate(letter.buttons)
        ]
        parts.append({"type": "actions", "elements": buttons})
    first = f": {letter.lines[0].text}" if letter.lines else ""
    return {
        # What a phone shows before it is opened. Links are not fetched: nobody has clicked on them.
        "text": escaped(letter.heading + first),
        "blocks": parts,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str) -> str:
    """Text in which Slack finds no link, no mention and no command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sections(lines: Iterable[Line]) -> Iterator[str]:
    """The lines, in as few sections as their limit allows; a line is shorter than that by far."""
    section = ""
    for line in lines:
        link = f" <{line.url}|{escaped(line.label)}>" if line.url else ""
        one = escaped(line.text) + link
        if section and len(section) + len(one) >= SECTION_MAX:
            yield section
            section = ""
        section += ("\n" if section else "") + one
    if section:
        yield section


def _text(text: str) -> dict[str, Any]:
    # Verbatim: Slack makes no links of what looks like one.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:most], "emoji": False}
