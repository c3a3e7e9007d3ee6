"""The knobs that every service's runtime has."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.inbox import KEEP, KEEP_MIN
from shared.runtime.written import DAYS_MAX


class Settings(BaseSettings):
    """Read once, at start, from the environment."""

    model_config = SettingsConfigDict(env_prefix="BATON_")

    inbox_keep_days: int = Field(
        default=KEEP.days,
        ge=KEEP_MIN.days,
        le=DAYS_MAX,
        description=(
            "For how many days each service remembers which events it has handled. What comes again later is "
            "parked for a person to decide."
        ),
    )
