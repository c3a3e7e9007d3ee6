"""Every knob of a Baton process that is not one service's own."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, at start, from the environment. `baton run --data DIR` fills them from the folder."""

    model_config = SettingsConfigDict(env_prefix="BATON_")

    agreement: Path = Field(
        default=Path("agreements/starter.yaml"),
        description="The agreement between marketing and sales, a YAML file.",
    )
    bus_url: str = Field(
        default="sqlite:///data/bus.db", description="The bus: sqlite:///FILE, a durable log."
    )
    keys: Path = Field(
        default=Path("data/keys.json"), description="The API keys, hashed; `baton keys add` makes them."
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="How much to log."
    )
    allow_private_destinations: bool = Field(
        default=False, description="Whether errands may call loopback and private addresses."
    )
