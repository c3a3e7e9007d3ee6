"""The file of whom Baton calls: reps and outside tools, with the secrets; checked line by line."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from deploy.problems import CannotStart
from services.recycle.settings import Destination
from shared.agreement import Agreement
from shared.agreement.reading.source import LocatedMapping, place_of, place_of_key, read_yaml
from shared.signing import WeakSecret, standard_key
from shared.unknown import expected_one_of, quoted

_SECTIONS: Final = ("reps", "destinations")
_Wrong = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Destinations:
    """The outside tools by name, and the secret that signs what reps are told."""

    tools: Mapping[str, Destination]
    notify_secret: str | None = None


def read_destinations(path: Path) -> Destinations:
    """What the file says. Raises CannotStart with every problem, each with its line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as wrong:
        raise CannotStart([f"{path}: can not be read ({wrong.strerror}); name a YAML file"]) from wrong
    except UnicodeDecodeError as wrong:
        raise CannotStart([f"{path}: it is not UTF-8 text; save it as YAML in UTF-8"]) from wrong
    tree, found = read_yaml(text, str(path), expected="the sections reps and destinations: {}")
    problems = [str(problem) for problem in found]
    if tree is not None:
        problems += [f"{path}:{line}: {problem}" for line, problem in _problems(tree)]
    if tree is None or problems:
        raise CannotStart(problems)
    tools, reps = tree.get("destinations", {}), tree.get("reps", {})
    assert isinstance(tools, dict), "or it would have been a problem"
    assert isinstance(reps, dict), "this too"
    known = {str(name): Destination.model_validate(tool) for name, tool in tools.items()}
    return Destinations(known, reps.get("secret"))


def unknown_destinations(agreement: Agreement, known: Collection[str], place: object) -> list[str]:
    """A sentence for each tool that the agreement's tracks deliver to, and that `place` does not name."""
    wanted: dict[str, list[str]] = {}
    for name, track in agreement.tracks.items():
        if track.deliver_to and track.deliver_to not in known:
            wanted.setdefault(track.deliver_to, []).append(name)
    return [
        f"{place} does not name '{tool}', to which the agreement delivers ({', '.join(tracks)}): "
        "until it does, each hand-over is given up after some tries, and the track's owner answers"
        for tool, tracks in sorted(wanted.items())
    ]


def _problems(tree: LocatedMapping) -> Iterator[_Wrong]:
    yield from _unknown(tree, (), _SECTIONS)
    reps, tools = tree.get("reps", {}), tree.get("destinations", {})
    if isinstance(reps, LocatedMapping):
        yield from _unknown(tree, ("reps",), ("secret",))
        yield from _weak(tree, ("reps",))
    elif reps != {}:
        yield place_of(tree, ("reps",))[0], "reps: expected {secret: whsec_…}"
    if isinstance(tools, LocatedMapping):
        for name in tools:
            yield from _tool_problems(tree, str(name))
    elif tools != {}:
        yield (
            place_of(tree, ("destinations",))[0],
            "destinations: expected names, each with its url and secret",
        )


def _tool_problems(tree: LocatedMapping, name: str) -> Iterator[_Wrong]:
    path = ("destinations", name)
    tool = tree["destinations"][name]  # type: ignore[index]  # the caller has looked
    if not isinstance(tool, LocatedMapping):
        yield place_of(tree, path)[0], f"{name}: expected its url and secret"
        return
    yield from _unknown(tree, path, ("url", "secret"))
    url = tool.get("url")
    if not _is_address(url):
        wrong = f"{name}.url: expected an address such as https://…, found {quoted(url or 'nothing')}"
        yield place_of(tree, (*path, "url"))[0], wrong
    yield from _weak(tree, path)


def _is_address(url: object) -> bool:
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _unknown(tree: LocatedMapping, path: tuple[str, ...], known: tuple[str, ...]) -> Iterator[_Wrong]:
    here = _at(tree, path)
    for name in here:
        if name not in known:
            where = ".".join((*path, name))
            yield place_of_key(tree, (*path, name))[0], f"{where}: {expected_one_of(known, name)}"


def _weak(tree: LocatedMapping, path: tuple[str, ...]) -> Iterator[_Wrong]:
    here = _at(tree, path)
    if "secret" not in here:
        return
    try:
        standard_key(str(here["secret"]))
    except WeakSecret as weak:
        yield place_of(tree, (*path, "secret"))[0], f"{path[-1]}.secret: it {weak}"


def _at(tree: LocatedMapping, path: tuple[str, ...]) -> LocatedMapping:
    for step in path:
        inside = tree[step]
        assert isinstance(inside, LocatedMapping), "the caller has looked"
        tree = inside
    return tree
