"""The small pages behind action links: one that asks before it acts, and one that says what happened."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

import msgspec

from services.routing.domain.telling.links import LABELS, Verb

CHANNELS: Final = ("phone", "e-mail", "meeting", "chat")
DAYS: Final = ("1", "2", "3", "5", "7", "14")
_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}"
    "label{display:block;margin:1rem 0}select,input,textarea{font:inherit;width:100%;box-sizing:border-box}"
    "button{font:inherit;padding:.5rem 1.5rem}"
)
_ASKED: Final[dict[Verb, str]] = {
    "accept": "You say yes to this lead: it is yours to get in touch with.",
    "reject": "You say no to this lead. Say why, so that it goes to the right place.",
    "contact": "You were in touch with this lead, or tried to.",
    "snooze": "You wait for this lead. Until then your clocks stand still; they go on if the lead acts.",
    "held": "You say that the meeting with this lead took place.",
    "missed": "You say that this lead did not come to the meeting.",
    "cancel": "You say that the meeting ahead will not take place. Something else must follow then.",
    "take over": "You take this lead over from the colleague who offers it.",
    "refuse": "You do not take this lead over. Your colleague keeps it, and reads why.",
}
_DONE: Final[dict[Verb, str]] = {
    "accept": "The lead is yours. Get in touch in time.",
    "reject": "Your no is recorded, and what follows from it is under way.",
    "contact": "It is recorded.",
    "snooze": "Your clocks stand still until then.",
    "held": "It is recorded. The next step is due.",
    "missed": "It is recorded. The next step is due.",
    "cancel": "The meeting is called off. The next step is due.",
    "take over": "The lead is yours now.",
    "refuse": "Your no is recorded; your colleague is told.",
}


class Page(msgspec.Struct, frozen=True):
    """A page with its HTTP status."""

    status: int
    html: str


def asks(verb: Verb, choices: Sequence[str]) -> Page:
    """The page that asks. `choices`: the agreement's reasons for a no, or for how many days one may wait.

    Only its button does anything.
    """
    fields = "".join(_fields(verb, choices))
    form = f'<form method="post">{fields}<button>{escape(LABELS[verb])}</button></form>'
    return Page(200, _page(LABELS[verb], [f"<p>{escape(_ASKED[verb])}</p>", form]))


def done(verb: Verb) -> Page:
    """It was done."""
    return says(200, "Done", _DONE[verb])


def says(status: int, title: str, *sentences: str) -> Page:
    """A page that says what happened, and what to do."""
    return Page(status, _page(title, [f"<p>{escape(sentence)}</p>" for sentence in sentences]))


def bad() -> Page:
    """A link that was altered, or is none of ours."""
    return says(
        404,
        "This link does not work",
        "It is incomplete, or was changed on its way. Nothing was done.",
        "Open it again from the message, whole; or use the newest message about this lead.",
    )


def over() -> Page:
    """A link whose time is up."""
    return says(
        410,
        "This link is too old",
        "Nothing was done.",
        "Use the link in the newest message about this lead, or ask your team's lead.",
    )


def used() -> Page:
    """A link that did what it does before."""
    return says(
        410,
        "This link was used before",
        "What it does was done then; nothing more happens now.",
        "If that was not you, tell your team's lead.",
    )


def moved_on() -> Page:
    """The lead is somebody else's now, or elsewhere."""
    return says(
        409,
        "The lead has moved on",
        "It was given to somebody else, or came to an end, since this message was sent. Nothing was done.",
        "You need not do anything. Whoever has it now has been told.",
    )


def refused(why: str) -> Page:
    """What does not apply any more, or not yet, in the words of the refusal."""
    return says(409, "That can not be done now", f"Nothing was done: {why}.")


def _fields(verb: Verb, choices: Sequence[str]) -> Iterable[str]:
    if verb == "reject":
        yield _select("reason", "Why", choices)
        yield _text("note", "What should others know? (not needed)")
    elif verb == "contact":
        yield _select("channel", "How", CHANNELS)
        yield _select("outcome", "And", ("reached", "no answer"))
        yield _text("note", "What came of it? (not needed)")
    elif verb in ("held", "missed", "cancel"):
        yield _text("note", "What should others know? (not needed)")
    elif verb == "snooze":
        yield _select("days", "For how many days", choices)
        yield _text("reason", "What do you wait for?", needed=True)
    elif verb == "refuse":
        yield _text("reason", "Why", needed=True)


def _select(name: str, label: str, options: Iterable[str]) -> str:
    listed = "".join(f"<option>{escape(option)}</option>" for option in options)
    return f'<label>{escape(label)}<select name="{name}" required>{listed}</select></label>'


def _text(name: str, label: str, *, needed: bool = False) -> str:
    required = " required" if needed else ""
    area = f'<textarea name="{name}" rows="3" maxlength="200"{required}></textarea>'
    return f"<label>{escape(label)}{area}</label>"


def _page(title: str, parts: Iterable[str]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )
