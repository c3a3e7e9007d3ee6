"""Where a person is told: the roster's `notify`, one or several addresses with blanks between them."""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

Medium = Literal["slack", "mail", "teams", "webhook"]

_URL: Final = re.compile(r"https?://[^\s/?#]+([/?#]\S*)?")
_SECURE: Final = re.compile(r"https?://[^\s/?#]+/\S*")
_SLACK_ID: Final = re.compile(r"[A-Z][A-Z0-9]{5,20}")
_MAILBOX: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
EXPECTED: Final = "slack:U…, slack:https://…, mailto:name@…, teams:https://… or https://…"


class Address(NamedTuple):
    """One way to reach somebody: a URL, a mailbox, or the id of a member or channel in Slack."""

    medium: Medium
    to: str


def addresses(notify: str) -> list[Address]:
    """All of them, in the order in which they were written; what is none of them is left out."""
    return [address for word in notify.split() if (address := _address(word)) is not None]


def strange_in(notify: str) -> Iterator[str]:
    """The words that are no address."""
    yield from (word for word in notify.split() if _address(word) is None)


def _address(word: str) -> Address | None:
    scheme, _, rest = word.partition(":")
    match scheme:
        case "slack" if _SLACK_ID.fullmatch(rest) or _SECURE.fullmatch(rest):
            return Address("slack", rest)
        case "teams" if _SECURE.fullmatch(rest):
            return Address("teams", rest)
        case "mailto" if _MAILBOX.fullmatch(rest):
            return Address("mail", rest)
        case "http" | "https" if _URL.fullmatch(word):
            return Address("webhook", word)
    return None
