"""Action links: what one may do, for whom, until when, signed. There is nothing personal in them.

A link is `payload.signature`, both in base64url. The first secret signs; every one of them opens, so that a
secret can be replaced while links are on their way.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from services.routing.domain.model import RoutedLead
from shared.signing import standard_key
from shared.terms import LeadId

Verb = Literal["accept", "reject", "contact", "snooze", "held", "missed", "cancel", "take over", "refuse"]
LABELS: Final[dict[Verb, str]] = {
    "accept": "Accept",
    "reject": "Reject",
    "contact": "I was in touch",
    "snooze": "Wait for them",
    "held": "We met",
    "missed": "They did not come",
    "cancel": "Call the meeting off",
    "take over": "Take it over",
    "refuse": "Refuse",
}
TOKEN_MAX: Final = 400
_ABOUT: Final = b"baton action link 1\n"
"""What is signed begins with this, so that no other signature by the same secret opens a link."""


class BadLink(Exception):
    """A link that is none of ours, or was altered."""


class Link(msgspec.Struct, frozen=True, array_like=True):
    """What a link does. `number` is the baton's when it was made; `expires` in unix seconds."""

    lead: LeadId
    number: int
    whom: str
    verb: Verb
    expires: int

    @property
    def id(self) -> str:
        """Its own name, under which it is known to have been used."""
        return hashlib.sha256(_decoded(self)).hexdigest()[:40]

    def over(self, now: datetime) -> bool:
        """Whether its time is up."""
        return now.timestamp() >= self.expires


def sealed(link: Link, secrets: Sequence[str]) -> str:
    """The link as it goes into a message. Raises WeakSecret."""
    payload = _base64(_decoded(link))
    return f"{payload}.{_base64(_signature(payload, secrets[0]))}"


def opened(token: str, secrets: Sequence[str]) -> Link:
    """What is in a link. Raises BadLink, WeakSecret."""
    payload, dot, written = token.partition(".")
    if len(token) > TOKEN_MAX or not dot or not token.isascii():
        raise BadLink
    signatures = [_base64(_signature(payload, secret)) for secret in secrets]
    # Compared as it is written: one link has one form.
    if not any(hmac.compare_digest(signature, written) for signature in signatures):
        raise BadLink
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Link)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as wrong:
        raise BadLink from wrong


def whom(lead: LeadId, person: str) -> str:
    """A person as the links of one lead name them: enough to tell colleagues apart, and no address."""
    return hashlib.sha256(f"{lead}/{person}".encode()).hexdigest()[:16]


def person_of(link: Link, lead: RoutedLead) -> str | None:
    """Whose link it is, if the lead is still where it was when the link was made; None if it moved on."""
    if lead.custody.number != link.number:
        return None
    return next((person for person in concerned(lead) if whom(link.lead, person) == link.whom), None)


def concerned(lead: RoutedLead) -> tuple[str, ...]:
    """Who has to do with the lead now: whoever answers for it, and whoever is asked to take it over."""
    holder = lead.custody.holder
    if not lead.holding or holder is None:
        return ()
    return (holder.answers,) if lead.handoff is None else (holder.answers, lead.handoff.to)


def verbs(lead: RoutedLead, person: str) -> tuple[Verb, ...]:
    """What this person can do with the lead by a click, as it stands."""
    holder = lead.custody.holder
    if lead.handoff is not None and lead.handoff.to == person:
        return ("take over", "refuse")
    if person not in concerned(lead) or lead.dispute is not None or holder is None:
        return ()
    if lead.accepted:
        return _of_a_meeting(lead) or _work(lead)
    return ("accept", "reject") if holder.kind == "rep" else ("accept",)


def _work(lead: RoutedLead) -> tuple[Verb, ...]:
    waits = lead.snooze is not None or lead.handoff is not None
    return ("contact",) if waits else ("contact", "snooze")


def _of_a_meeting(lead: RoutedLead) -> tuple[Verb, ...]:
    """While one is ahead there is nothing to wait for; once it has begun it is asked what became of it."""
    if lead.meeting is None:
        return ()
    return ("held", "missed") if lead.meeting.begun else ("contact", "cancel")


def _decoded(link: Link) -> bytes:
    return msgspec.json.encode(link)


def _signature(payload: str, secret: str) -> bytes:
    return hmac.digest(standard_key(secret), _ABOUT + payload.encode(), hashlib.sha256)


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
