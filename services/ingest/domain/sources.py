"""The sources that may send leads: how each one signs, and which of its words is which of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, get_args

from shared.contracts.values import Company, Person
from shared.signing import WeakSecret, standard_key
from shared.terms import Consent
from shared.unknown import expected_one_of

How = Literal["form", "import", "api"]
"""How a lead came to us."""

FIELDS: Final = (
    *Person.__struct_fields__,
    *(f"company.{name}" for name in Company.__struct_fields__),
    "email",
    "own_id",
    "consent",
    "interest",
    "source",
    "campaign",
    *(f"activity.{name}" for name in ("type", "at", "url", "asset", "product", "own_id", "message")),
    "delivery_id",
)
"""Everything that a payload may tell us, by the names the agreement uses."""

CANONICAL: Final[Mapping[str, str]] = {name: name for name in FIELDS}
"""The mapping of a source that already speaks our language: `{"email": …, "company": {"name": …}}`."""

NAME_MAX: Final = 40
PATH_MAX: Final = 200
SECRETS_MAX: Final = 4
TYPEFORM_SECRET_MIN: Final = 16
_KEYS: Final = ("kind", "secrets", "fields", "activity", "activity_types", "campaign", "consent", "how")
_NAME_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


class Kind(StrEnum):
    """Who speaks, and so how they sign and what their JSON looks like."""

    STANDARD = "standard"
    TYPEFORM = "typeform"


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """Which of the source's values mean yes and no. Others are unknown: a box left unticked is no refusal."""

    granted: frozenset[str] = frozenset({"granted", "true", "yes", "1", "opted_in", "opt-in", "subscribed"})
    denied: frozenset[str] = frozenset(
        {"denied", "withdrawn", "revoked", "opted_out", "opt-out", "unsubscribed", "do_not_contact"}
    )

    def meaning(self, written: str) -> Consent:
        """What `written` says of the person's consent."""
        word = written.strip().casefold()
        if word in self.denied:
            return Consent.DENIED
        return Consent.GRANTED if word in self.granted else Consent.UNKNOWN


@dataclass(frozen=True, slots=True)
class Source:
    """One sender. `fields`: our field → where the payload has it (Typeform: the ref or `hidden.x`)."""

    name: str
    kind: Kind
    secrets: tuple[str, ...] = field(default=(), repr=False)
    fields: Mapping[str, str] = field(default_factory=lambda: CANONICAL)
    activity: str = "form_submitted"
    activity_types: Mapping[str, str] = field(default_factory=dict)
    campaign: str | None = None
    consent: ConsentWords = ConsentWords()
    how: How = "form"


class SourcesInvalid(Exception):
    """The settings of the sources contradict themselves. `problems` has all of them, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def sources_from(document: object) -> dict[str, Source]:
    """The sources of an already loaded settings file, by name. Raises SourcesInvalid with every problem.

    The file: `sources: {website: {kind: standard, secrets: [whsec_…], fields: {email: data.email}}}`.
    """
    reader = _Reader()
    sources = {
        str(name): reader.source(str(name), settings)
        for name, settings in reader.mapping("sources", reader.only_sources(document)).items()
    }
    if reader.problems:
        raise SourcesInvalid(tuple(reader.problems))
    return sources


class _Reader:
    """Reads settings and keeps what is wrong with them; what is wrong reads as if it had been left out."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def only_sources(self, document: object) -> object:
        top = self.mapping("the file of sources", document)
        self.known("the file of sources", top, ("sources",))
        return top.get("sources", {})

    def source(self, name: str, settings: object) -> Source:
        where = f"sources.{name}"
        if not 0 < len(name) <= NAME_MAX or not set(name) <= _NAME_LETTERS:
            self.problems.append(f"{where}: a source's name is part of its address: use a-z, 0-9, - and _")
        given = self.mapping(where, settings)
        self.known(where, given, _KEYS)
        kind = Kind(self.one_of(f"{where}.kind", given.get("kind"), tuple(one.value for one in Kind)))
        how = self.one_of(f"{where}.how", given.get("how", "form"), get_args(How))
        return Source(
            name=name,
            kind=kind,
            secrets=self.secrets(f"{where}.secrets", given.get("secrets"), kind),
            fields=self.fields(f"{where}.fields", given.get("fields"), kind),
            activity=self.text(f"{where}.activity", given.get("activity", "form_submitted")),
            activity_types=self.texts(f"{where}.activity_types", given.get("activity_types", {})),
            campaign=self.text(f"{where}.campaign", given["campaign"]) if "campaign" in given else None,
            consent=self.consent(f"{where}.consent", given.get("consent", {})),
            how="import" if how == "import" else "api" if how == "api" else "form",
        )

    def secrets(self, where: str, value: object, kind: Kind) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= SECRETS_MAX:
            self.problems.append(f"{where}: list 1 to {SECRETS_MAX} secrets; two while you change one")
            return ()
        for number, secret in enumerate(value):
            try:
                self.secret(secret, kind)
            except WeakSecret as wrong:
                self.problems.append(f"{where}[{number}]: the secret {wrong}")
        return tuple(str(secret) for secret in value)

    def secret(self, secret: object, kind: Kind) -> None:
        if not isinstance(secret, str):
            raise WeakSecret("is not a text: put it in quotes")
        if kind is Kind.STANDARD:
            standard_key(secret)
        elif len(secret) < TYPEFORM_SECRET_MIN:
            raise WeakSecret(f"is too short: use at least {TYPEFORM_SECRET_MIN} characters")

    def fields(self, where: str, value: object, kind: Kind) -> Mapping[str, str]:
        if value is None:
            return CANONICAL if kind is Kind.STANDARD else {}
        fields = self.texts(where, value)
        self.known(where, fields, FIELDS, "field")
        for name, path in fields.items():
            if kind is Kind.STANDARD and not all(path.split(".")):
                self.problems.append(f"{where}.{name}: {path!r} has an empty step: write it as data.email")
        return fields

    def consent(self, where: str, value: object) -> ConsentWords:
        given = self.mapping(where, value)
        self.known(where, given, ("granted", "denied"))
        words = ConsentWords()
        granted = self.words(f"{where}.granted", given["granted"]) if "granted" in given else words.granted
        denied = self.words(f"{where}.denied", given["denied"]) if "denied" in given else words.denied
        if "granted" in given and "denied" in given and granted & denied:
            self.problems.append(f"{where}: {sorted(granted & denied)[0]!r} means both yes and no: keep one")
        # A word that the settings give a meaning loses its usual one.
        return ConsentWords(granted, denied if "denied" in given else denied - granted)

    def words(self, where: str, value: object) -> frozenset[str]:
        items = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(item, str | bool | int) for item in items):
            self.problems.append(f"{where}: give a list of plain values, such as [yes, true]")
            return frozenset()
        return frozenset(str(item).strip().casefold() for item in items)

    def texts(self, where: str, value: object) -> Mapping[str, str]:
        return {str(k): self.text(f"{where}.{k}", v) for k, v in self.mapping(where, value).items()}

    def text(self, where: str, value: object) -> str:
        if isinstance(value, str) and 0 < len(value.strip()) <= PATH_MAX:
            return value.strip()
        self.problems.append(f"{where}: a text of 1 to {PATH_MAX} characters is expected here")
        return "-"

    def mapping(self, where: str, value: object) -> Mapping[Any, Any]:
        if isinstance(value, Mapping):
            return value
        self.problems.append(f"{where}: a mapping of names to values is expected here")
        return {}

    def known(
        self, where: str, given: Mapping[Any, Any], known: tuple[str, ...], what: str = "setting"
    ) -> None:
        for name in given:
            if name not in known:
                self.problems.append(f"{where}: expected a {what}, {expected_one_of(known, name)}")

    def one_of(self, where: str, value: object, words: tuple[str, ...]) -> str:
        if isinstance(value, str) and value in words:
            return value
        self.problems.append(f"{where}: expected one of its words, {expected_one_of(words, value)}")
        return words[0]
