"""Every knob of routing."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
