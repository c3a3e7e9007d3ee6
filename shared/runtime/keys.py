"""API keys: who calls, in which role. Kept hashed in one file, which is read again when it changes."""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.terms import Role

_PREFIX: Final = "baton"


class KeysInvalid(Exception):
    """The key file can not be used; the text names the file, what is wrong and what to do."""


class UnknownKey(Exception):
    """No key has this id."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: a key's name, its role, and the person it stands for, if it is a person's."""

    id: str
    name: str
    role: Role
    person: str | None = None

    @property
    def known_as(self) -> str:
        """How the history of what they change names them."""
        return self.person or self.name


class KeyRing:
    """The keys in one file. The file holds hashes only; a key is shown once, when it is made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._keys: dict[str, tuple[str, Principal]] = {}
        self._lock = threading.RLock()  # Requests come from several threads.
        self.principals()

    def whose(self, token: str) -> Principal | None:
        """Who holds this key; None if nobody does. Raises KeysInvalid if the file was broken meanwhile."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        found = self._reload().get(key_id)
        if prefix != _PREFIX or found is None:
            return None
        return found[1] if hmac.compare_digest(found[0], _hash(secret)) else None

    def principals(self) -> list[Principal]:
        """Everyone who has a key, in the order in which they were made."""
        return [principal for _, principal in self._reload().values()]

    def add(self, name: str, role: Role, person: str | None = None, *, token: str | None = None) -> str:
        """Make a key and return it; it can not be shown again. `token`: this one (as from a secret store)."""
        key_id, secret = _parts(token) if token else (secrets.token_hex(4), secrets.token_urlsafe(24))
        with self._alone():
            key = (_hash(secret), Principal(key_id, name, role, person))
            self._save({**self._reload(), key_id: key})
        return f"{_PREFIX}_{key_id}_{secret}"

    def revoke(self, key_id: str) -> None:
        """From now on this key opens nothing. Raises UnknownKey."""
        with self._alone():
            keys = self._reload()
            if key_id not in keys:
                raise UnknownKey(f"no key has the id {key_id!r}; see them with `baton keys list`")
            self._save({i: key for i, key in keys.items() if i != key_id})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # Of two commands at once the later would undo the earlier, and a revoked key be back.
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            with self._lock:
                yield
                os.fsync(folder)  # A revoked key must not come back with the power.
        finally:
            os.close(folder)

    def _reload(self) -> dict[str, tuple[str, Principal]]:
        with self._lock:
            try:
                stat = self._path.stat()
            except FileNotFoundError:
                self._keys, self._stamp = {}, None
                return self._keys
            # A file that takes another's place has another number, even within one tick of the clock.
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                self._keys, self._stamp = _load(self._path), stamp
            return self._keys

    def _save(self, keys: dict[str, tuple[str, Principal]]) -> None:
        rows = [
            {"id": i, "name": p.name, "role": p.role, "person": p.person, "hash": h}
            for i, (h, p) in keys.items()
        ]
        draft = self._path.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"keys": rows}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _load(path: Path) -> dict[str, tuple[str, Principal]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))["keys"]
        return {row["id"]: _key(row) for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as wrong:
        raise KeysInvalid(
            f"{path}: not a key file ({type(wrong).__name__}: {wrong}); restore it, or delete it and add keys"
        ) from wrong


def _key(row: dict[str, Any]) -> tuple[str, Principal]:
    return bytes.fromhex(row["hash"]).hex(), Principal(
        row["id"], row["name"], Role(row["role"]), row.get("person")
    )


def _parts(token: str) -> tuple[str, str]:
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != _PREFIX or not key_id or len(secret) < 16:
        raise KeysInvalid(
            f"a key looks like {_PREFIX}_<id>_<secret>, with a secret of at least 16 characters"
        )
    return key_id, secret


def _hash(secret: str) -> str:
    # A key is 192 random bits: a plain hash is enough, there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()
