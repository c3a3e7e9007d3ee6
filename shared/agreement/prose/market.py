"""Who is a lead, who answers for it at first, who may be contacted, who is in the market: in words."""

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import Needs, SetAside
from shared.agreement.prose.destinations import target, whom
from shared.agreement.prose.words import bullets, counted, length, numbered, when

_CONSENT: dict[Needs, str] = {
    "granted": "only if the person has agreed",
    "not_denied": "unless the person has refused",
}


def intake(agreement: Agreement) -> list[str]:
    """Who answers from the first moment, what one lead is, the desks and the lists."""
    interests, first = agreement.interests, agreement.intake
    one = "One lead is one person, however many forms they fill in."
    if interests is not None:
        one = (
            f"One lead is one person and one interest: {whom(interests.by)}. Where that is not known, the "
            f"interest is {interests.otherwise}."
        )
    return [
        "## From the first moment",
        f"{one} {first.owner} answers for it from its capture until it is scored, which takes at most "
        f"{length(first.scored_within)}.",
        "Desks hold leads that are neither worked nor nurtured; nothing is sent to anybody from there.",
        bullets(f"{name}: {desk.owner} answers." for name, desk in agreement.desks.items()),
        *_lists(agreement),
    ]


def _lists(agreement: Agreement) -> list[str]:
    files = agreement.written.lists
    if not files:
        return []
    prints = agreement.list_fingerprints
    lines = (
        f"{name}: the file {file}, whose content has the fingerprint {prints[name][:12]}."
        for name, file in files.items()
    )
    return ["Lists that belong to this agreement:", bullets(lines)]


def consent(agreement: Agreement) -> list[str]:
    """What consent is needed for, and who holds whom without it."""
    needs = agreement.consent
    return [
        "## Consent",
        bullets(
            (
                f"A lead is nurtured {_CONSENT[needs.nurture_needs]}.",
                f"A lead is given to sales {_CONSENT[needs.routing_needs]}.",
                f"Who refuses is held by the desk {needs.privacy_desk}.",
                f"Who has not refused and may not be nurtured is held by the desk {needs.fallback_desk}.",
            )
        ),
    ]


def market(agreement: Agreement) -> list[str]:
    """The market, its segments, and who is set aside before anybody is scored."""
    size, segments = agreement.written.market.size, agreement.written.market.segments
    blocks = ["## The market"]
    if size is not None:
        blocks.append(f"We believe that the market has {counted(size.accounts, 'account')}.")
    if segments:
        conditions = (agreement.conditions["market", "segments", index] for index in range(len(segments)))
        names = (f"{one.name}{when(its.node)}." for one, its in zip(segments, conditions, strict=True))
        blocks += ["The segment of a lead:", numbered(names)]
    else:
        blocks.append("There are no segments.")
    asides = agreement.sections.set_aside.choices
    if asides:
        blocks += [
            "These are set aside before they are scored. They are never an MQL:",
            numbered(_set_aside(rule) for rule in asides),
            "So is a lead of which that turns out later: nurture and queues let it go, and a rep is told.",
        ]
    return blocks


def _set_aside(rule: SetAside) -> str:
    where = f"the desk {rule.hold} holds it" if rule.to is None else f"to {target(rule.to)}"
    told = f". {whom(rule.tell)} is told" if rule.tell is not None else ""
    counts = f". It counts as {rule.counts_as}" if rule.counts_as is not None else ""
    return f"**{rule.name}**{when(rule.condition.node)}: {where}{told}{counts}."
