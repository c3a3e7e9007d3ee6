"""Every knob of a Baton process that is not one service's own."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.bus.kafka_access import Mechanism
from shared.bus.port import PARTITIONS
from shared.runtime.written import DAYS_MAX, NAMED, Written


class Settings(BaseSettings):
    """Read once, at start, from the environment; `baton run` takes files and databases from its folder."""

    model_config = SettingsConfigDict(env_prefix="BATON_")

    agreement: Annotated[Path, NAMED] = Field(
        default=Path("agreements/starter.yaml"),
        description="The agreement between marketing and sales: a YAML file, a folder of its versions, or a "
        "pattern such as config/agreement*.yaml.",
    )
    bus_url: str = Field(
        default="sqlite:///data/bus.db",
        description="The bus: kafka://HOST:PORT,HOST:PORT, which `baton serve` and `baton topics` must be "
        "told; or sqlite:///FILE, a durable log of one process.",
    )
    bus_partitions: int = Field(
        default=PARTITIONS,
        ge=1,
        le=1024,
        description="Partitions of each topic, the same for every process: so many processes of one service "
        "can share its work.",
    )
    bus_cluster_id: str = Field(
        default="",
        description="The id of the only Kafka cluster that this process may talk to; empty for any.",
    )
    bus_tls: bool = Field(
        default=False,
        description="Whether connections to Kafka are encrypted, and brokers show who they are.",
    )
    bus_ca_file: Annotated[Path | None, NAMED] = Field(
        default=None,
        description="Who must have signed brokers' certificates, as PEM; not set: whom the system trusts.",
    )
    bus_cert_file: Annotated[Path | None, NAMED] = Field(
        default=None, description="Our own certificate, as PEM, for brokers that ask for one."
    )
    bus_key_file: Annotated[Path | None, NAMED] = Field(
        default=None, description="Its key, as PEM and not encrypted; not set: it is in the same file."
    )
    bus_user: str = Field(
        default="", description="Who we are to Kafka (SASL); empty: it wants to know nothing."
    )
    bus_password: SecretStr | None = Field(default=None, description="And our password.")
    bus_sasl: Mechanism = Field(
        default="SCRAM-SHA-512", description="How it is shown: SCRAM-SHA-512, SCRAM-SHA-256, or PLAIN."
    )
    member: Annotated[
        str,
        Written(r"^[A-Za-z0-9._-]{0,249}$", "a name of letters, digits, '.', '_' and '-', such as scoring-1"),
    ] = Field(
        default="",
        description="A lasting name of this process in its service's group on Kafka: a restart after a crash "
        "moves no partitions. Two processes of one service must not share one. Empty: it joins anew.",
    )
    topic_copies: int = Field(
        default=1,
        ge=1,
        description="`baton topics`: on how many Kafka brokers each event lies; in production 3.",
    )
    topic_copies_in_sync: int = Field(
        default=1,
        ge=1,
        description="For `baton topics`: how many of these must have an event before it is said; of 3: 2.",
    )
    topic_kept_days: int = Field(
        default=7,
        ge=1,
        le=DAYS_MAX,
        description="For `baton topics`: for how many days Kafka keeps events. A service that is away longer "
        "misses some; what is erased lies there as long. Less than BATON_INBOX_KEEP_DAYS.",
    )
    keys: Annotated[Path, NAMED] = Field(
        default=Path("data/keys.json"),
        description="The API keys, hashed; `baton keys add` makes them. Read again when it changes.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="How much to log."
    )
    allow_private_destinations: bool = Field(
        default=False, description="Whether errands may call loopback and private addresses."
    )
