"""API keys: hashed at rest, read again when the file changes, refused when it is broken."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.runtime.keys import KeyRing, KeysInvalid, Principal, UnknownKey
from shared.terms import Role


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_key_opens_for_who_it_was_made_and_for_nobody_else(path: Path) -> None:
    ring = KeyRing(path)
    key = ring.add("Ana's phone", Role.REP, "ana@acme.example")
    principal = ring.whose(key)
    assert principal == Principal(key.split("_")[1], "Ana's phone", Role.REP, "ana@acme.example")
    for other in ("", "baton", key[:-1], key + "x", key.replace("baton_", "other_"), "baton__", "näh"):
        assert ring.whose(other) is None


def test_the_file_holds_no_key_and_is_for_its_owner_only(path: Path) -> None:
    key = KeyRing(path).add("x", Role.OPERATOR)
    written = path.read_text()
    assert key.split("_", 2)[2] not in written
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_survives_the_process(path: Path) -> None:
    key = KeyRing(path).add("x", Role.OPERATOR)
    assert KeyRing(path).whose(key) is not None


def test_a_revoked_key_opens_nothing_in_another_process_either(path: Path) -> None:
    here, there = KeyRing(path), KeyRing(path)
    key, other = here.add("x", Role.REP), here.add("y", Role.REP)
    assert there.whose(key) is not None
    here.revoke(key.split("_")[1])
    assert here.whose(key) is None
    assert there.whose(key) is None
    assert there.whose(other) is not None


def test_a_change_is_seen_even_within_one_tick_of_the_clock(path: Path) -> None:
    ring = KeyRing(path)
    key = ring.add("x", Role.REP)
    before = path.stat()
    ring.whose(key)
    rows = json.loads(path.read_text())
    rows["keys"][0]["name"] = "z"
    draft = path.with_suffix(".other")
    draft.write_text(json.dumps(rows, indent=2))
    os.utime(draft, ns=(before.st_atime_ns, before.st_mtime_ns))
    draft.replace(path)
    assert (path.stat().st_mtime_ns, path.stat().st_size) == (before.st_mtime_ns, before.st_size)
    principal = ring.whose(key)
    assert principal is not None
    assert principal.name == "z"


def test_an_unknown_id_can_not_be_revoked(path: Path) -> None:
    with pytest.raises(UnknownKey, match="baton keys list"):
        KeyRing(path).revoke("nobody")


def test_without_a_file_nobody_is_let_in_and_no_file_is_made(path: Path) -> None:
    ring = KeyRing(path)
    assert ring.whose("baton_x_y") is None
    assert not path.exists()


def test_a_file_that_is_taken_away_lets_nobody_in(path: Path) -> None:
    ring = KeyRing(path)
    key = ring.add("x", Role.REP)
    path.unlink()
    assert ring.whose(key) is None


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"keys": [1]}', '{"keys": [{"id": "a"}]}', "\x00"])
def test_a_broken_file_is_named_at_start_and_while_running(path: Path, broken: str) -> None:
    ring = KeyRing(path)
    key = ring.add("x", Role.REP)
    path.write_text(broken)
    with pytest.raises(KeysInvalid, match=r"keys\.json: not a key file .* restore it, or delete it"):
        KeyRing(path)
    with pytest.raises(KeysInvalid):
        ring.whose(key)


def test_a_role_that_does_not_exist_is_a_broken_file(path: Path) -> None:
    KeyRing(path).add("x", Role.REP)
    path.write_text(path.read_text().replace('"rep"', '"king"'))
    with pytest.raises(KeysInvalid, match="king"):
        KeyRing(path)


@pytest.mark.parametrize("hash_", ["null", '"näh"', "7"])
def test_a_hash_that_is_none_is_a_broken_file(path: Path, hash_: str) -> None:
    row = f'{{"id": "a", "name": "x", "role": "rep", "hash": {hash_}}}'
    path.write_text(f'{{"keys": [{row}]}}')
    with pytest.raises(KeysInvalid, match=r"keys\.json: not a key file"):
        KeyRing(path)


def test_a_key_from_a_secret_store_is_taken_as_it_is(path: Path) -> None:
    token = "baton_store_0123456789abcdef"
    ring = KeyRing(path)
    assert [ring.add("x", Role.OPERATOR, token=token) for _ in range(2)] == [token, token]
    assert len(ring.principals()) == 1
    with pytest.raises(KeysInvalid, match="at least 16 characters"):
        ring.add("x", Role.OPERATOR, token="baton_store_short")


@pytest.mark.parametrize("commands", [1, 8])
def test_keys_that_are_made_at_the_same_time_are_all_kept(path: Path, commands: int) -> None:
    """By one process, or each by a command of its own, which has read the file for itself."""
    rings = [KeyRing(path) for _ in range(commands)]
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda n: rings[n % commands].add(f"{n}", Role.REP), range(16)))
    assert all(KeyRing(path).whose(key) for key in keys)
