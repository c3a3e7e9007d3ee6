"""API keys: who calls, in which role. Kept hashed in one file that every service reads and re-reads when it changes."""

import hashlib
import hmac
import json
import os
import secrets
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


class KeyRing:
    """The keys in one file. The file holds hashes only; a key is shown once, when it is made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._keys: dict[str, tuple[str, Principal]] = {}
        self.principals()

    def whose(self, token: str) -> Principal | None:
        """Who holds this key; None if nobody does."""
        self._reload()
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        found = self._keys.get(key_id)
        if prefix != _PREFIX or found is None:
            return None
        return found[1] if hmac.compare_digest(found[0], _hash(secret)) else None

    def principals(self) -> list[Principal]:
        """Everyone who has a key, in the order in which they were made."""
        self._reload()
        return [principal for _, principal in self._keys.values()]

    def add(self, name: str, role: Role, person: str | None = None, *, token: str | None = None) -> str:
        """Make a key and return it; it can not be shown again. `token`: use this one (as from a secret store)."""
        key_id, secret = _parts(token) if token else (secrets.token_hex(4), secrets.token_urlsafe(24))
        self._reload()
        self._keys[key_id] = (_hash(secret), Principal(key_id, name, role, person))
        self._save()
        return f"{_PREFIX}_{key_id}_{secret}"

    def revoke(self, key_id: str) -> None:
        """From now on this key opens nothing. Raises UnknownKey."""
        self._reload()
        if key_id not in self._keys:
            raise UnknownKey(f"no key has the id {key_id!r}; see them with `baton keys list`")
        del self._keys[key_id]
        self._save()

    def _reload(self) -> None:
        if not self._path.exists():
            self._keys, self._stamp = {}, None
            return
        stat = self._path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._keys, self._stamp = _load(self._path), stamp

    def _save(self) -> None:
        rows = [
            {"id": i, "name": p.name, "role": p.role, "person": p.person, "hash": h}
            for i, (h, p) in self._keys.items()
        ]
        draft = self._path.with_suffix(".new")
        with draft.open("w") as file:
            os.chmod(draft, 0o600)
            json.dump({"keys": rows}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _load(path: Path) -> dict[str, tuple[str, Principal]]:
    try:
        rows = json.loads(path.read_text())["keys"]
        return {row["id"]: _key(row) for row in rows}
    except (ValueError, KeyError, TypeError) as wrong:
        raise KeysInvalid(
            f"{path}: not a key file ({type(wrong).__name__}: {wrong}); restore it, or delete it and add keys anew"
        ) from wrong


def _key(row: dict[str, Any]) -> tuple[str, Principal]:
    return row["hash"], Principal(row["id"], row["name"], Role(row["role"]), row.get("person"))


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
