"""What a rep is told: who it is, what they did last, why now, which offer to make, by when."""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from services.routing.domain.model import RoutedLead
from services.routing.domain.people.availability import zone_of
from services.routing.domain.scene import Scene
from services.routing.domain.telling.letter import Action, Message
from shared.agreement import Agreement
from shared.contracts.values import Activity, RouteReceipt, Snapshot
from shared.effects import Errand

DESTINATION: Final = "rep"
SET_ASIDE: Final = "set aside"
"""What somebody is told of a lead that is somebody else's."""
AGAIN_AFTER_S: Final = 300.0
"""How long after a message was given up it is tried anew, in seconds, while its lead waits for that."""
_ACTIVITIES_TOLD: Final = 3
_REASONS_TOLD: Final = 3
_CHAPTERS_TOLD: Final = 2


def tell(
    person: str, action: Action, lead: RoutedLead, scene: Scene, note: str = "", *, again: bool = False
) -> tuple[Errand, ...]:
    """An errand that tells `person`, later if `again`; none, if the roster knows no address for them."""
    rep = scene.bench.ask(person)
    if rep.notify is None:
        return ()
    whom = hashlib.sha256(person.encode()).hexdigest()[:8]
    key = f"{scene.lead}/{lead.custody.number}/{action}/{scene.now.isoformat()}/{whom}"
    message = Message(
        notify=rep.notify,
        action=action,
        lead=scene.lead,
        person=person,
        stage=lead.stage.value,
        why=lead.why,
        note=note,
        number=lead.custody.number,
        deadlines=lead.deadlines,
        story=tuple(story(lead.story, scene.agreement)),
        zone=zone_of(rep, scene.agreement),
        again=again,
    )
    after_s = AGAIN_AFTER_S if again else 0.0
    return (Errand(DESTINATION, action, key=key, body=msgspec.to_builtins(message), after_s=after_s),)


def heard_of(person: str, messages: tuple[Errand, ...]) -> tuple[str | None, str | None]:
    """Who is told by these messages, and who is not because the roster has no address for them."""
    return (person, None) if messages else (None, person)


def story(snapshot: Snapshot, agreement: Agreement) -> list[str]:
    """The lead in a few lines, as a colleague would tell it."""
    lines = [who(snapshot)]
    lines += [_did(activity) for activity in snapshot.activities[-_ACTIVITIES_TOLD:]]
    lines += _why_now(snapshot)
    lines += [
        f"{chapter.by}: {chapter.what}{f' — {chapter.note}' if chapter.note else ''}"
        for chapter in snapshot.history[-_CHAPTERS_TOLD:]
    ]
    return [*lines, *_playbook(snapshot, agreement)]


def instant(at: datetime) -> str:
    """An instant as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def who(snapshot: Snapshot) -> str:
    """Who it is, in one line."""
    person, company, email = snapshot.person, snapshot.company, snapshot.email
    size = f"{company.employees} employees" if company.employees is not None else None
    where = ", ".join(part for part in (company.industry, size) if part)
    named = f"{company.name} ({where})" if company.name and where else company.name
    parts = (person.name or "A person without a name", person.title, named, person.country)
    reach = " · ".join(part for part in (email.address if email else None, person.phone) if part)
    return ", ".join(part for part in parts if part) + (f" · {reach}" if reach else "")


def _did(activity: Activity) -> str:
    about = activity.asset or activity.url or activity.product or activity.campaign
    wrote = f': "{activity.message}"' if activity.message else ""
    return f"{instant(activity.at)}: {activity.type.replace('_', ' ')}{f' ({about})' if about else ''}{wrote}"


def _why_now(snapshot: Snapshot) -> list[str]:
    receipt = snapshot.receipt
    if receipt is None:
        return []
    if receipt.fast_lane:
        return [f"Why now: {receipt.fast_lane} (score {receipt.score}, grade {receipt.grade})"]
    best = sorted((*receipt.fit, *receipt.engagement), key=lambda point: -point.worth)[:_REASONS_TOLD]
    reasons = "; ".join(point.name for point in best)
    return [f"Why now: score {receipt.score}, grade {receipt.grade}{f': {reasons}' if reasons else ''}"]


def _playbook(snapshot: Snapshot, agreement: Agreement) -> list[str]:
    """The offer to make; and what to say and send with it, as the agreement has it now."""
    if not snapshot.playbook:
        return []
    lines = [f"Offer: {snapshot.playbook}"]
    agreed = agreement.playbook_offering(snapshot.playbook, snapshot.segment)
    if agreed is not None and agreed.say:
        lines.append(f"Say: {agreed.say}")
    if agreed is not None and agreed.send:
        lines.append(f"Send: {', '.join(agreed.send)}")
    return lines


def receipt_in_words(receipt: RouteReceipt) -> list[str]:
    """Why a lead went where it went: each rule tried, each candidate and why not, and the turn."""
    lines: list[str] = []
    for rule in receipt.rules:
        lines.append(f"rule '{rule.name}' {'matched' if rule.matched else 'did not match'}: {rule.sentence}")
    for candidate in receipt.candidates:
        lines.append(f"{candidate.person}: {candidate.why_not or 'has it'}")
    if receipt.turn:
        worth = f"; this lead counts for {receipt.worth}" if receipt.worth != 1 else ""
        owed = ", ".join(f"{who} {owed}" for who, owed in receipt.turn.items())
        lines.append(f"owed, in leads: {owed}{worth}")
    return [*lines, receipt.note] if receipt.note else lines


def assignment_in_words(lead: RoutedLead) -> list[str]:
    """Why the lead is where it is, and the clock."""
    if lead.receipt is None:
        return []
    lines = receipt_in_words(lead.receipt)
    lines += [f"{d.name} by {instant(d.due_at)} ({d.policy})" for d in lead.deadlines]
    lines += [f"{clock.name}: {clock.warning}" for clock in lead.clocks if clock.warning]
    return lines
