"""Every knob of ingest."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.written import DAYS_MAX, NAMED


class Settings(BaseSettings):
    """Read once, at start, from the environment."""

    model_config = SettingsConfigDict(env_prefix="BATON_INGEST_")

    database_url: str = Field(
        default="sqlite:///data/ingest.db",
        description="Where ingest keeps its tables: sqlite:/// or postgresql+psycopg://",
    )
    sources: Annotated[Path, NAMED] = Field(
        default=Path("data/sources.yaml"),
        description="The tools that post webhooks: kind, secrets, field mapping.",
    )
    bodies_kept_days: int = Field(
        default=90,
        ge=1,
        le=DAYS_MAX,
        description="How long raw bodies are kept, in days; after that only what was read.",
    )
    history_days: int = Field(
        default=400,
        ge=1,
        le=DAYS_MAX,
        description="How long what leads did is kept, in days, for a look back; after that only the lead is.",
    )
