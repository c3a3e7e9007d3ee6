"""What the rep sees beside the lead, and what both departments are measured by, in words."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import Playbook
from shared.agreement.conditions.sentences import in_words
from shared.agreement.prose.words import bullets, counted, day, length, listed, money, percent
from shared.agreement.written.measured import Duties, Source, Targets

_RATES: Final = {
    "inquiry_to_mql": "of the inquiries become MQLs",
    "mql_to_sal": "of the MQLs are accepted",
    "sal_to_sql": "of the SALs become SQLs",
    "sql_to_opportunity": "of the SQLs become opportunities",
    "opportunity_to_won": "of the opportunities are won",
}


def playbooks(agreement: Agreement) -> list[str]:
    """What sales offers and says to whom."""
    if not agreement.playbooks:
        return []
    blocks = ["## What the rep sees"]
    for number, playbook in enumerate(agreement.playbooks, start=1):
        blocks += [f"{number}. {_whom(playbook)}:", _playbook(playbook)]
    return blocks


def _whom(playbook: Playbook) -> str:
    whom = [
        *([f"segment is {playbook.segment}"] if playbook.segment is not None else []),
        *([] if playbook.condition.matches_everything else [in_words(playbook.condition.node, whole=True)]),
    ]
    return f"When {' and '.join(whom)}" if whom else "Always"


def _playbook(playbook: Playbook) -> str:
    lines = [f"Offer: {playbook.offer}"]
    if playbook.say:
        lines.append(f"Say: {playbook.say}")
    if playbook.send:
        lines.append(f"Send: {listed(playbook.send)}")
    if playbook.approved_by is not None:
        lines.append(f"Approved by {playbook.approved_by}")
    if playbook.until is not None:
        lines.append(f"Until {day(playbook.until)}")
    return "\n".join(f"   - {line}" for line in lines)


def targets(agreement: Agreement) -> list[str]:
    """The revenue of the period, the rates, and the sources."""
    wanted = agreement.written.targets
    if wanted is None:
        return []
    period = wanted.period
    revenue, deal = (f"{period.currency} {money(sum_)}" for sum_ in (wanted.revenue, wanted.average_deal))
    blocks = [
        "## Targets",
        f"From {day(period.from_)} to {day(period.to)}, {revenue} in deals of {deal} on average. A lead "
        f"takes {length(period.sales_cycle)} to become a deal.",
        bullets(_rates(dict(wanted.rates))),
    ]
    return [*blocks, *_sources(wanted)]


def _sources(wanted: Targets) -> list[str]:
    if not wanted.sources:
        return []
    return ["Who brings the MQLs:", bullets(_source(*source) for source in wanted.sources.items())]


def _source(name: str, source: Source) -> str:
    by = f", delivered by {source.delivered_by}" if source.delivered_by is not None else ""
    from_ = f". Its leads come from {listed(source.leads_from)}" if source.leads_from else ""
    own = "; ".join(_rates(dict(source.rates)))
    return f"{name}: {percent(source.share)}{by}{from_}" + (f". Of its own: {own}." if own else ".")


def _rates(rates: Mapping[str, Fraction | None]) -> list[str]:
    given = ((rates[name], words) for name, words in _RATES.items())
    return [f"{percent(rate)} {words}" for rate, words in given if rate is not None]


def duties(agreement: Agreement) -> list[str]:
    """What each side owes the other."""
    owed = agreement.written.duties
    if owed is None:
        return []
    return ["## Duties", bullets([*_marketing(owed), *_sales(owed), *_missed(owed)])]


def _marketing(owed: Duties) -> list[str]:
    duty, said = owed.marketing, []
    if duty.volume is not None:
        said.append(f"Marketing brings {percent(duty.volume)} of the MQLs that were planned.")
    if duty.complete is not None:
        said.append(f"{percent(duty.complete)} of marketing's MQLs are complete.")
    if duty.answers_rejects_within is not None:
        said.append(f"Marketing answers a reject within {length(duty.answers_rejects_within)}.")
    return said


def _sales(owed: Duties) -> list[str]:
    duty, said = owed.sales, []
    if duty.accepted_on_time is not None:
        said.append(f"Sales accepts {percent(duty.accepted_on_time)} of its leads on time.")
    if duty.touched_on_time is not None:
        said.append(f"Sales touches {percent(duty.touched_on_time)} of its leads on time.")
    return said


def _missed(owed: Duties) -> list[str]:
    if owed.missed is None:
        return []
    weeks = counted(owed.missed.weeks, "week")
    return [f"A duty that is missed for {weeks} in a row goes to the arbiter as a dispute."]
