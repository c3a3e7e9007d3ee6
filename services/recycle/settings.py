"""Every knob of recycle."""

from typing import Annotated, Final

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.runtime.written import URL, AsJson

_EXAMPLE: Final = '{"nurture": {"url": "https://…", "secret": "whsec_…"}}'


class Destination(BaseModel):
    """Where a nurture tool listens, and the secret with which calls to it are signed."""

    url: Annotated[str, URL] = Field(description="Where the tool takes its hand-overs.")
    secret: SecretStr | None = Field(
        default=None, description="Signs each call as a Standard Webhook; without one, calls are not signed."
    )


class Settings(BaseSettings):
    """Read once, at start, from the environment."""

    model_config = SettingsConfigDict(env_prefix="BATON_RECYCLE_")

    database_url: str = Field(
        default="sqlite:///data/recycle.db",
        description="Where recycle keeps its tables: sqlite:/// or postgresql+psycopg://",
    )
    destinations: Annotated[dict[str, Destination], NoDecode, AsJson(_EXAMPLE)] = Field(
        default={},
        description=f"The nurture tools that tracks name in `deliver_to`, as JSON: {_EXAMPLE}",
    )
    audit_grace_s: float = Field(
        default=30.0,
        ge=0,
        description="Seconds that the ledger may be behind before a missing owner counts; "
        "a topic that is silent for so long counts as read.",
    )
    audit_again_after_s: float = Field(
        default=300.0,
        ge=1,
        description="Seconds that a custodian may leave the auditor without an answer before it asks again.",
    )
