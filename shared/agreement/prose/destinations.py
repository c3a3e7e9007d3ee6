"""Where a rule sends a lead, in words."""

from shared.agreement.building.parts import Target
from shared.agreement.conditions.vocabulary import VOCABULARY
from shared.agreement.prose.words import listed


def target(to: Target) -> str:
    """'team inside, to one who speaks es; if that cannot be done, into the queue of that team'."""
    return _kind(to) + _who(to) + _otherwise(to)


def whom(name: str) -> str:
    """A person, or what names one: 'account.owner (who owns the account in the CRM)'."""
    word = VOCABULARY.get(name)
    return name if word is None else f"{name} ({word.meaning})"


def _kind(to: Target) -> str:
    if isinstance(to.value, tuple):
        return f"the first of the teams {listed(to.value, 'or')} that is open at that moment"
    match to.kind:
        case "person":
            return whom(to.value)
        case "queue":
            return f"the queue of team {to.value}"
        case _:
            return f"team {whom(to.value)}"


def _who(to: Target) -> str:
    speaks, has = to.who.get("speaks", ()), to.who.get("has", ())
    asked = [*([f"speaks {listed(speaks)}"] if speaks else []), *([f"has {listed(has)}"] if has else [])]
    return f", to one who {listed(asked)}" if asked else ""


def _otherwise(to: Target) -> str:
    if to.otherwise is None:
        return ""
    first = f"team {to.value[0]}" if isinstance(to.value, tuple) else "that team"
    place = f"into the queue of {first}" if to.otherwise == "queue" else f"to {target(to.otherwise)}"
    return f"; if that cannot be done, {place}"
