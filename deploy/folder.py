"""The data folder of an embedded instance: databases, settings, and the lock that keeps a second one out."""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

STARTER: Final = Path(__file__).parent.parent / "agreements" / "starter.yaml"
_SOURCES: Final = """\
# The tools that post webhooks here. Each has its own path: POST /hooks/<name>.
# `fields` says where in the JSON body the lead's fields stand (dotted paths).
sources:
  website:
    kind: standard                # Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature
    secrets: [{secret}]
    activity: form_submitted      # what it means when the body does not say
    fields:
      email: data.email
      first_name: data.first_name
      last_name: data.last_name
      title: data.title
      phone: data.phone
      country: data.country
      company.name: data.company
      company.employees: data.employees
      company.industry: data.industry
      consent: data.consent
      activity.type: type
      activity.at: timestamp
      activity.url: data.url
"""
_DESTINATIONS: Final = """\
# What Baton calls. With a secret, calls are signed (Standard Webhooks 1.0): the other side knows who calls.
# Reps whose `notify` in the roster is a web address are called there, with this secret:
reps: {secret: {secret}}
# Outside tools; a track's `deliver_to` in the agreement names one of them.
destinations: {}
#  nurture: {url: "https://nurture.example/baton", secret: whsec_…}
"""
_ROSTER: Final = """\
person,name,teams,weight,languages,notify,calendar,absences,cover
"""


class FolderInUse(Exception):
    """Another process works in this folder."""


class NoInstance(Exception):
    """Nothing runs in this folder."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A running instance: where it listens, and the operator's key."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths in one data folder."""

    path: Path

    @property
    def agreement(self) -> Path:
        return self.path / "agreement.yaml"

    @property
    def agreements(self) -> Path:
        """Every version, as a pattern: agreement.yaml, and agreement-2.yaml and so on beside it."""
        return self.path / "agreement*.yaml"

    @property
    def sources(self) -> Path:
        return self.path / "sources.yaml"

    @property
    def destinations(self) -> Path:
        return self.path / "destinations.yaml"

    @property
    def roster(self) -> Path:
        return self.path / "roster.csv"

    @property
    def keys(self) -> Path:
        return self.path / "keys.json"

    @property
    def link_secrets(self) -> Path:
        return self.path / "link-secrets"

    @property
    def own_keys(self) -> Path:
        return self.path / "own-keys.json"

    @property
    def log(self) -> Path:
        return self.path / "baton.log"

    @property
    def _roster_mark(self) -> Path:
        return self.path / "roster.read"

    @property
    def _instance(self) -> Path:
        return self.path / "instance.json"

    def database_url(self, service: str) -> str:
        """The database of one service, or of the bus: a file each, with one writer each."""
        return f"sqlite:///{(self.path / service).resolve()}.db"

    def lock(self) -> IO[str]:
        """Keep this folder for this process, until the returned file is closed.

        Makes it if need be, for its owner's eyes only. Raises FolderInUse; OSError if it can not be used.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = (self.path / "lock").open("a+")
        except OSError as wrong:
            hint = f"{(wrong.strerror or str(wrong)).lower()}; choose another folder with --data"
            raise OSError(f"{self.path} can not be the data folder: {hint}") from wrong
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            file.close()
            raise FolderInUse(
                f"{self.path} is in use by a running instance; stop it, or choose another folder with --data"
            ) from taken
        return file

    def prepare(self, agreement: Path | None = None) -> None:
        """Write the files that are missing: an agreement to start from, secrets, a source, a roster."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.agreement.exists():
            copy_agreement(agreement or STARTER, self.agreement)
        for file, text in (
            (self.sources, _SOURCES.replace("{secret}", new_secret())),
            (self.destinations, _DESTINATIONS.replace("{secret}", new_secret())),
            (self.roster, _ROSTER),
            (self.link_secrets, f"{new_secret()}\n"),
        ):
            if not file.exists():
                write_private(file, text)

    def roster_is_new(self) -> bool:
        """Whether the roster's file is not the one that was read last."""
        mark = self._roster_mark
        return not mark.exists() or mark.read_text() != _fingerprint(self.roster)

    def roster_was_read(self) -> None:
        """Remember the file, so that a restart does not bring back who has left since."""
        write_private(self._roster_mark, _fingerprint(self.roster))

    def announce(self, instance: Instance) -> None:
        """Say where this instance listens, for the other commands."""
        write_private(self._instance, json.dumps({"url": instance.url, "key": instance.key}))

    def instance(self) -> Instance:
        """The instance that runs here. Raises NoInstance."""
        try:
            document = json.loads(self._instance.read_text())
            return Instance(document["url"], document["key"])
        except (OSError, ValueError, KeyError) as missing:
            raise NoInstance(
                f"nothing runs in {self.path}; start it with `baton run --data {self.path}`, "
                "or name the folder with --data"
            ) from missing

    def retire(self) -> None:
        """This instance no longer listens."""
        self._instance.unlink(missing_ok=True)


def new_secret() -> str:
    """A secret for signing webhooks: 32 random bytes, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def copy_agreement(source: Path, target: Path) -> None:
    """Copy an agreement to another place, with the lists beside it."""
    shutil.copyfile(source, target)
    if (source.parent / "lists").is_dir():
        shutil.copytree(source.parent / "lists", target.parent / "lists", dirs_exist_ok=True)


def _fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_private(file: Path, text: str) -> None:
    """Write what only its owner may read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
