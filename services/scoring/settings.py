"""Every knob of scoring."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.written import DAYS_MAX


class Settings(BaseSettings):
    """Read once, at start, from the environment."""

    model_config = SettingsConfigDict(env_prefix="BATON_SCORING_")

    database_url: str = Field(
        default="sqlite:///data/scoring.db",
        description="Where scoring keeps its tables: sqlite:/// or postgresql+psycopg://",
    )
    history_days: int = Field(
        default=400,
        ge=1,
        le=DAYS_MAX,
        description="How long receipts of scores are kept, in days; each lead's newest stays.",
    )
