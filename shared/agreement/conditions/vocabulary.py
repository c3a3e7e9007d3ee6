"""The words that conditions may use: each with its kind, what it means, and where it is not known."""

import enum
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.agreement.conditions.countries import CODES


class Kind(enum.Enum):
    """What sort of value a word has; it decides which operators make sense."""

    TEXT = "text"
    NUMBER = "a number"
    TRUTH = "true or false"
    INSTANT = "an instant"
    GRADE = "a grade"


@dataclass(frozen=True, slots=True)
class Word:
    """One name of the vocabulary. `values` are all it can have, `shape` is what its text looks like.

    `codes`: of what looks like that, all that exist. `least` and `most`: between these a number lies.
    `is_whole`: it has no fraction.
    """

    name: str
    kind: Kind
    meaning: str
    values: tuple[str, ...] = ()
    shape: str = ""
    shape_meaning: str = ""
    codes: frozenset[str] = frozenset()
    least: float = -math.inf
    most: float = math.inf
    is_whole: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether a comparison with it may hold for all that it can be, or for none."""
        return self.kind is Kind.GRADE or (self.least, self.most) != (-math.inf, math.inf)

    def suits(self, text: str) -> bool:
        """Whether the word can ever have this text as its value."""
        if self.values and text.casefold() not in self.values:
            return False
        if self.codes and text.upper() not in self.codes:
            return False
        return not self.shape or re.fullmatch(self.shape, text, re.IGNORECASE) is not None


GRADES: Final = ("A", "B", "C", "D")
"""Best first. D is what reaches no threshold."""

_COUNTRY: Final = ("[a-z]{2}", "a two-letter country code such as US", CODES)
_LANGUAGE: Final = ("[a-z]{2,3}(-[a-z0-9]{2,8})*", "a language code such as es or pt-BR", frozenset[str]())
_DID: Final = (r"\S+", "an activity type without blanks, such as demo_requested", frozenset[str]())
DOMAIN_SHAPE: Final = r"[^@\s]+"
_DOMAIN: Final = (DOMAIN_SHAPE, "a domain without an @, such as acme.example", frozenset[str]())
_ANY: Final = ("", "", frozenset[str]())


def _text(name: str, meaning: str, *values: str, shape: tuple[str, str, frozenset[str]] = _ANY) -> Word:
    return Word(name, Kind.TEXT, meaning, values, *shape)


_FAST: Final = "whether it is an MQL and took a fast lane; for a return, whether since sales had it"

_WORDS: Final = (
    _text("name", "the person's name"),
    _text("title", "the person's job title"),
    _text("phone", "the person's phone number"),
    _text("language", "the language the person speaks", shape=_LANGUAGE),
    _text("country", "the person's country", shape=_COUNTRY),
    _text("region", "the person's state or province, as in ISO 3166-2"),
    _text("postal_code", "the person's postal code"),
    _text("email", "the e-mail address"),
    _text("email.domain", "what stands behind the @", shape=_DOMAIN),
    Word("email.is_free", Kind.TRUTH, "whether the address is from a free mail provider"),
    Word("email.is_disposable", Kind.TRUTH, "whether the address is a throw-away one"),
    _text("company.name", "the company's name"),
    _text("company.domain", "the company's domain", shape=_DOMAIN),
    Word("company.employees", Kind.NUMBER, "how many people work there"),
    _text("company.industry", "the company's industry"),
    _text("company.country", "the company's country", shape=_COUNTRY),
    _text("account", "the domain of the account behind the lead", shape=_DOMAIN),
    _text("account.relation", "what the company is to us", "prospect", "customer", "partner"),
    _text("account.owner", "who owns the account in the CRM"),
    _text("account.manager", "who looks after the account"),
    _text("account.pod", "the team that works the account"),
    _text("account.match", "how sure the match of lead and account is", "strong", "weak"),
    _text("account.open_opportunity", "the open deal with the account"),
    _text("opportunity.owner", "who owns the open deal"),
    _text("consent", "what the person agreed to", "granted", "denied", "unknown"),
    _text("interest", "what the lead is interested in, where the agreement names interests"),
    _text("source", "the connected tool that reported the lead"),
    _text("campaign", "the campaign that brought the lead"),
    _text("captured.via", "how the lead came: form, import, api …"),
    Word("captured.at", Kind.INSTANT, "when the lead was captured"),
    _text("activity.type", "what the lead did", shape=_DID),
    Word("activity.at", Kind.INSTANT, "when the lead did it"),
    _text("activity.url", "the page it happened on"),
    _text("activity.asset", "the asset it was about"),
    _text("activity.campaign", "the campaign it belongs to"),
    _text("activity.product", "the product it was about"),
    _text("activity.source", "the tool that reported it"),
    _text("segment", "the market segment, from market.segments"),
    Word("fit", Kind.NUMBER, "the fit points"),
    Word("engagement", Kind.NUMBER, "the engagement points, faded"),
    Word("score", Kind.NUMBER, "the score, 0 to 100", least=0, most=100, is_whole=True),
    Word("grade", Kind.GRADE, "the grade of the fit, A to D"),
    Word("fast_lane", Kind.TRUTH, _FAST),
    Word("new_activity", Kind.TRUTH, "whether the lead did something new since it was given to nurture"),
    Word("round", Kind.NUMBER, "how often the lead has come back from nurture"),
    _text("reason", "why the lead was given to nurture"),
)

VOCABULARY: Final = MappingProxyType({word.name: word for word in _WORDS})
"""Every name that a condition may use, and that the facts handed to one may have."""

_OF_THE_PERSON: Final = ("name", "title", "phone", "language", "country", "region", "postal_code", "email")

ALIASES: Final = MappingProxyType(
    {"email.address": "email", **{f"person.{name}": name for name in _OF_THE_PERSON}}
)
"""Other spellings that people try; each means the word on the right."""

_OF_ITS_STAY: Final = frozenset({"new_activity", "reason"})
"""What only those know who have a lead in nurture."""

JUDGED: Final = _OF_ITS_STAY | {"fit", "engagement", "score", "grade", "fast_lane", "round"}
"""What is only known once a lead has been scored."""

ALWAYS_KNOWN: Final = frozenset({"score", "grade", "fast_lane"})
"""What every lead has that was scored."""

ACTIVITY: Final = frozenset(name for name in VOCABULARY if name.startswith("activity."))
"""What describes one activity and not the lead."""

UNSAID: Final = JUDGED | {
    "segment",
    *(name for name in VOCABULARY if name.startswith(("account.", "opportunity."))),
}
"""What no source says when it sends a lead."""

NOT_KNOWN: Final = MappingProxyType(
    {
        "ConditionOnMarket": JUDGED | ACTIVITY | {"segment"},
        "ConditionOnLead": JUDGED | ACTIVITY,
        "ConditionBeforeScore": JUDGED,
        "ConditionOnPlaybook": _OF_ITS_STAY | {"round"},
        "ConditionInRouting": _OF_ITS_STAY,
        "ConditionOnReturn": frozenset[str](),
    }
)
"""The sorts of conditions, and what whoever asks one of a sort does not know."""


def canonical(name: str) -> str | None:
    """The vocabulary's own spelling of `name`, or None if it has no such word."""
    name = ALIASES.get(name, name)
    return name if name in VOCABULARY else None


def names(without: Iterable[str] = ()) -> list[str]:
    """Every name of the vocabulary, except those that a section can not know."""
    left_out = frozenset(without)
    return [name for name in VOCABULARY if name not in left_out]
