"""The whole agreement as prose that both departments can sign, in Markdown: every section, every rule."""

from shared.agreement.agreement import Agreement
from shared.agreement.checks.notes import not_enforced_yet
from shared.agreement.conditions.vocabulary import VOCABULARY
from shared.agreement.prose.follow_up import follow_up
from shared.agreement.prose.market import consent, intake, market
from shared.agreement.prose.measured import duties, playbooks, targets
from shared.agreement.prose.recycle import recycle
from shared.agreement.prose.routing import routing
from shared.agreement.prose.scoring import scoring
from shared.agreement.prose.words import bullets, instant, length

SECTIONS = (intake, consent, market, scoring, routing, follow_up, recycle, playbooks, targets, duties)
"""One function for each part of the agreement, in the order in which a lead meets them."""

__all__ = ["SECTIONS", "explain"]


def explain(agreement: Agreement) -> str:
    """The agreement in words. What its file leaves out is said too, with the value that then holds."""
    blocks = [*_head(agreement), *(block for section in SECTIONS for block in section(agreement))]
    last = [*_words(agreement), *_not_yet(agreement), *_signatures(agreement)]
    return "\n\n".join([*blocks, *last]) + "\n"


def _head(agreement: Agreement) -> list[str]:
    parties = agreement.parties
    return [
        f"# Agreement {agreement.name}, version {agreement.version}",
        f"In force from {instant(agreement.effective_from)}. The services do what is written here. "
        "Wherever rules are numbered, the first that applies decides. What is not known of a lead never "
        "fulfils a condition.",
        f"{parties.marketing} signs for marketing and {parties.sales} for sales. What the two cannot settle, "
        f"{parties.arbiter.person} rules on within {length(parties.arbiter.rules_within)}.",
    ]


def _words(agreement: Agreement) -> list[str]:
    """What the names in the conditions mean."""
    asked = {name for condition in agreement.conditions.values() for name in condition.names}
    known = (f"{word.name}: {word.meaning}." for word in VOCABULARY.values() if word.name in asked)
    return ["## The words", bullets(known)]


def _not_yet(agreement: Agreement) -> list[str]:
    notes = not_enforced_yet(agreement)
    if not notes:
        return []
    return ["## Not enforced yet", "This is agreed, and the services do not act on it yet:", bullets(notes)]


def _signatures(agreement: Agreement) -> list[str]:
    parties = agreement.parties
    return [
        "## Signatures",
        f"- {parties.marketing}, for marketing: ____________________\n"
        f"- {parties.sales}, for sales: ____________________",
    ]
