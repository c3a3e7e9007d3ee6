"""Every knob of routing."""

from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.routing.domain.crm import EventType
from shared.runtime.written import DAYS_MAX, URL, AsJson, Written
from shared.signing import WeakSecret, standard_key


class Settings(BaseSettings):
    """Read once, at start, from the environment."""

    model_config = SettingsConfigDict(env_prefix="BATON_ROUTING_")

    database_url: str = Field(
        default="sqlite:///data/routing.db",
        description="Where routing keeps its tables: sqlite:/// or postgresql+psycopg://",
    )
    notify_secret: SecretStr | None = Field(
        default=None,
        description="Signs what reps are told (Standard Webhooks, whsec_…); without one it is unsigned.",
    )
    public_url: Annotated[
        str,
        Written(r"^(https?://[^\s?#]+)?$", "an address without a query, such as https://baton.acme.example"),
    ] = Field(
        default="",
        description="Where people reach this instance, such as https://baton.acme.example: there the action "
        "links in messages lead. Empty: messages have none.",
    )
    link_secrets: SecretStr | None = Field(
        default=None,
        description="Signs action links (whsec_…). Several with blanks between them: the first signs, "
        "each opens, so that one can be replaced. Without one, messages have no links.",
    )
    link_hours: int = Field(
        default=72, ge=1, le=24 * 14, description="For how many hours an action link opens."
    )
    slack_token: SecretStr | None = Field(
        default=None,
        description="A Slack bot's token (xoxb-…), scope chat:write, for `slack:` and an id in the roster.",
    )
    slack_api: Annotated[str, URL] = Field(default="https://slack.com/api", description="Slack's Web API.")
    smtp_host: str = Field(default="", description="The mail server, for `mailto:` in the roster.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection to it is encrypted: starttls, tls, or none."
    )
    smtp_user: str = Field(default="", description="Who we are to it; empty: it wants to know nothing.")
    smtp_password: SecretStr | None = Field(default=None, description="And our password.")
    smtp_from: Annotated[
        str,
        Written(
            r"^([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+)?$", "a mailbox, such as baton@acme.example"
        ),
    ] = Field(
        default="",
        description="The mailbox that messages come from, such as baton@acme.example.",
    )
    digest_after: int = Field(
        default=10,
        ge=1,
        description="So many messages for one person in BATON_ROUTING_DIGEST_WINDOW_S come one "
        "by one; more than that come together, when it is over.",
    )
    digest_window_s: int = Field(
        default=60, ge=1, le=3600, description="The time in which messages for one person are counted."
    )
    crm_url: Annotated[str, Written(r"^(https?://\S+)?$", URL.what)] = Field(
        default="",
        description="Where a CRM or a spreadsheet is told what happens to leads; empty: nowhere.",
    )
    crm_secret: SecretStr | None = Field(
        default=None, description="Signs what the CRM is told (Standard Webhooks, whsec_…)."
    )
    crm_events: Annotated[list[EventType], NoDecode, AsJson('["lead.assigned", "lead.won"]')] = Field(
        default=list(get_args(EventType)),
        description="Which events the CRM is told, as JSON.",
    )

    history_days: int = Field(
        default=400, ge=1, le=DAYS_MAX, description="How long decisions can be replayed, in days."
    )

    @field_validator("notify_secret", "crm_secret")
    @classmethod
    def _strong(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            try:
                standard_key(given.get_secret_value())
            except WeakSecret as weak:
                raise ValueError(f"the secret {weak}") from None
        return given

    @field_validator("link_secrets")
    @classmethod
    def _all_strong(cls, given: SecretStr | None) -> SecretStr | None:
        for n, secret in enumerate(given.get_secret_value().split() if given else (), 1):
            try:
                standard_key(secret)
            except WeakSecret as weak:
                raise ValueError(f"the secret number {n} {weak}") from None
        return given

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets of action links, the one that signs first."""
        return tuple(self.link_secrets.get_secret_value().split()) if self.link_secrets else ()

    @property
    def digest_window(self) -> timedelta:
        """The time in which messages for one person are counted."""
        return timedelta(seconds=self.digest_window_s)
