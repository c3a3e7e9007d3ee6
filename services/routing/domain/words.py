"""What a rep is told: who it is, what they did last, why now, which offer to make, by when."""

import hashlib
from datetime import datetime
from typing import Final

from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Scene
from shared.contracts.values import Activity, Snapshot
from shared.effects import Decision, Errand, nothing

DESTINATION: Final = "rep"
_ACTIVITIES_TOLD: Final = 3
_REASONS_TOLD: Final = 3
_CHAPTERS_TOLD: Final = 2


def tell(person: str, action: str, lead: RoutedLead, scene: Scene, note: str = "") -> tuple[Errand, ...]:
    """An errand that tells `person`; none, if the roster knows no address for them."""
    notify = scene.bench.rep(person).notify
    if notify is None:
        return ()
    whom = hashlib.sha256(person.encode()).hexdigest()[:8]
    key = f"{scene.lead}/{lead.custody.number}/{action}/{scene.now.isoformat()}/{whom}"
    body = {
        "notify": notify,
        "action": action,
        "lead": scene.lead,
        "person": person,
        "stage": lead.stage.value,
        "why": lead.why,
        "note": note,
        "deadlines": [
            {"name": d.name, "due_at": d.due_at.isoformat(), "policy": d.policy} for d in lead.deadlines
        ],
        "story": story(lead.story, lead.deadlines[0].due_at if lead.deadlines else None),
    }
    return (Errand(DESTINATION, action, key=key, body=body),)


def story(snapshot: Snapshot, due_at: datetime | None = None) -> list[str]:
    """The lead in a few lines, as a colleague would tell it."""
    lines = [_who(snapshot)]
    lines += [_did(activity) for activity in snapshot.activities[-_ACTIVITIES_TOLD:]]
    lines += _why_now(snapshot)
    lines += [
        f"{chapter.by}: {chapter.what}{f' — {chapter.note}' if chapter.note else ''}"
        for chapter in snapshot.history[-_CHAPTERS_TOLD:]
    ]
    if snapshot.playbook:
        lines.append(f"Offer: {snapshot.playbook}")
    if due_at is not None:
        lines.append(f"Answer by {instant(due_at)}")
    return lines


def instant(at: datetime) -> str:
    """An instant as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _who(snapshot: Snapshot) -> str:
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


def assignment_in_words(lead: RoutedLead) -> list[str]:
    """Why the lead is where it is: each rule tried, each candidate and why not, and the clock."""
    receipt = lead.receipt
    if receipt is None:
        return []
    lines: list[str] = []
    for rule in receipt.rules:
        lines.append(f"rule '{rule.name}' {'matched' if rule.matched else 'did not match'}: {rule.sentence}")
    for candidate in receipt.candidates:
        lines.append(f"{candidate.person}: {candidate.why_not or 'has it'}")
    if receipt.note:
        lines.append(receipt.note)
    lines += [f"{d.name} by {instant(d.due_at)} ({d.policy})" for d in lead.deadlines]
    lines += [f"{clock.name}: {clock.warning}" for clock in lead.clocks if clock.warning]
    return lines


def undelivered(lead: RoutedLead, person: str, detail: str, scene: Scene) -> Decision[RoutedLead]:
    """Nobody reached `person`: the deputy is told, if the lead is still theirs."""
    holder = lead.custody.holder
    if not lead.holding or holder is None or holder.answers != person:
        return nothing(lead)
    deputy = scene.first_available(scene.team_of(lead).deputy, besides=person)
    note = f"{person} could not be told: {detail}"
    return Decision(lead, () if deputy == person else tell(deputy, "undelivered", lead, scene, note))
