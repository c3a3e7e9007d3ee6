"""Asks a running instance over HTTP: the one in the data folder, or the one whose addresses --url names."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import update_wrapper
from http import HTTPStatus
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Final, Self

import httpx
import typer

from deploy.command.failing import NO, NOBODY, WRONG, Failed
from deploy.folder import Folder, NoInstance

DEFAULT_DATA: Final = Path("data")
TIMEOUT_S: Final = 30.0
TRIES: Final = 5

DataOption = Annotated[
    Path, typer.Option("--data", envvar="BATON_DATA", help="The data folder of the instance.")
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="BATON_URL",
        help="Its address, instead of --data; those of its processes, parted by commas.",
    ),
]
KeyOption = Annotated[
    str | None, typer.Option("--key", envvar="BATON_KEY", help="An API key, instead of the folder's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_WHICH: Final = tuple(
    Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=option)
    for name, default, option in (
        ("data", DEFAULT_DATA, DataOption),
        ("url", None, UrlOption),
        ("key", None, KeyOption),
    )
)


@dataclass(slots=True)
class Instance:
    """A running instance, in one process or several. Every call gives what was asked for or raises Failed.

    A path is one service's own, so a call is answered by the first process that knows it; `collect` asks all.
    """

    clients: list[httpx.Client]

    @classmethod
    def reach(cls, data: Path, url: str | None, key: str | None) -> Self:
        """The instance at `url`, or else the one that runs in the folder `data`."""
        if url is None:
            try:
                found = Folder(data).instance()
            except NoInstance as missing:
                raise Failed(str(missing), NOBODY) from missing
            url, key = found.url, key or found.key
        elif not key:
            raise Failed("name a key too: --key, or BATON_KEY; `baton keys add` makes one")
        return cls([_client(one.strip(), key) for one in url.split(",")])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.close()

    def get(self, path: str, **params: str | list[str]) -> Any:
        """What stands at `path`. A list is a parameter that is given several times."""
        return self._call("GET", path, params=params)

    def collect(self, path: str, *identity: str) -> list[Any]:
        """What all processes list at `path`; what two of them list, by the fields `identity`, once."""
        found: list[Any] = []
        for asked, client in enumerate(self.clients, 1):
            try:
                found += _ask(client, "GET", path)
            except NotHere as gone:
                left = " and ".join(_address(other) for other in self.clients[asked:])
                more = f"; it takes the answers of all, so {left} was not asked" if left else ""
                raise Failed(f"{gone}{more}", gone.code) from gone
        return list({tuple(one[name] for name in identity): one for one in found}.values())

    def post(self, path: str, body: object = None, *, once: str | None = None) -> Any:
        """The answer to a POST, repeated while the instance is busy; under the key `once` it is done once."""
        headers = {"Idempotency-Key": once} if once is not None else {}
        return self._call("POST", path, json=body, headers=headers)

    def post_for_all(self, path: str, body: Mapping[str, Any]) -> list[Any]:
        """The leads of every page: posted again, to go on after the page before, until there is no more."""
        found: list[Any] = []
        after = ""
        while True:
            page = self.post(path, {**body, "after": after})
            found += page["leads"]
            after = page["after"]
            if not after:
                return found

    def send(self, path: str, body: bytes, kind: str, *, about: str) -> Any:
        """The answer to a file that is posted; what is wrong with it names `about`."""
        try:
            return self._call("POST", path, content=body, headers={"content-type": kind})
        except Failed as failed:
            if failed.code == NO:
                raise Failed(f"{about}: {failed}", NO) from failed
            raise

    def delete(self, path: str) -> Any:
        """The answer to a DELETE."""
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        failures = []
        for client in self.clients:
            try:
                return _ask(client, method, path, **more)
            except NotHere as elsewhere:
                failures.append(elsewhere)
        first = min(failures, key=lambda one: one.why)
        if first.why is Why.NO_SUCH_PATH:
            asked = ", ".join(_address(client) for client in self.clients)
            hint = f"name the address of the service that has it, with --url or BATON_URL; asked: {asked}"
            raise Failed(f"nobody there has {path}: {hint} ({first})", first.code)
        silent = [client for client, one in zip(self.clients, failures, strict=True) if one.why is first.why]
        if first.why is Why.SILENT and len(failures) > 1:
            nor = "".join(f", nor at {_address(client)}" for client in silent[1:])
            others = f"; the others were asked, and have no {path}" if len(silent) < len(failures) else ""
            raise Failed(f"{first}{nor}{others}", first.code)
        raise first


def asks(command: Callable[..., None]) -> Callable[..., None]:
    """A command about an instance, which it is given first; --data, --url and --key say which one that is.

    Not for one that looks at its arguments before, or that may do without: that reaches the instance itself.
    """

    def about(data: Path, url: str | None, key: str | None, **given: Any) -> None:
        with Instance.reach(data, url, key) as instance:
            command(instance, **given)

    _, *own = signature(command).parameters.values()
    shown: Any = update_wrapper(about, command)  # typer reads options from both:
    shown.__signature__ = Signature([*own, *_WHICH])
    shown.__annotations__ = {one.name: one.annotation for one in (*own, *_WHICH)}
    return about


class Why(IntEnum):
    """Why a process does not have it; what says most comes first."""

    UNKNOWN = auto()
    """It has the path, and knows nothing by this name."""
    SILENT = auto()
    """It does not answer."""
    NO_SUCH_PATH = auto()
    """The path is another service's."""


class NotHere(Failed):
    """This process does not have it: another may."""

    def __init__(self, sentence: str, code: int, why: Why) -> None:
        super().__init__(sentence, code)
        self.why = why


def _client(url: str, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    no_address = Failed(f"{url} is no address: write it as http://127.0.0.1:8000")
    if not url.startswith(("http://", "https://")):
        raise no_address
    try:
        return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
    except httpx.InvalidURL as wrong:
        raise no_address from wrong


def _address(client: httpx.Client) -> str:
    return str(client.base_url).rstrip("/")


def _ask(client: httpx.Client, method: str, path: str, **more: Any) -> Any:
    for left in reversed(range(TRIES)):
        try:
            response = client.request(method, path, **more)
        except (httpx.HTTPError, OSError) as wrong:
            hint = f"is it running? Start it with `baton run` or `baton serve` ({wrong})"
            raise NotHere(f"nothing answers at {_address(client)}: {hint}", NOBODY, Why.SILENT) from wrong
        if response.status_code != 503 or not left:
            return _answer(response, _address(client))
        time.sleep(min(float(response.headers.get("retry-after", 1)), 5.0))
    raise AssertionError("the last answer is returned")


def _answer(response: httpx.Response, address: str) -> Any:
    if response.is_success:
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return (response.json() if is_json else response.text) if response.content else None
    problem, status = _problem(response), response.status_code
    said = _every_mistake(problem) or problem.get("detail") or problem.get("title") or response.text[:200]
    sentence = f"{said} (HTTP {status} from {address})"
    if status in (401, 403):
        raise Failed(sentence, WRONG)
    if status in (404, 405):
        # The title says whose word it is: of what it does not know itself, a service gives one of its own.
        is_unrouted = problem.get("title", HTTPStatus(status).phrase) == HTTPStatus(status).phrase
        raise NotHere(sentence, NO, Why.NO_SUCH_PATH if is_unrouted else Why.UNKNOWN)
    raise Failed(sentence, NOBODY if status == 503 else NO)


def _every_mistake(problem: Mapping[str, Any]) -> str:
    """What is wrong with a file, one mistake a line; empty, if the problem is not a list of them."""
    errors = problem.get("errors")
    if not isinstance(errors, list) or not all(isinstance(error, str) for error in errors):
        return ""
    return "\n  ".join([f"{problem.get('title')}:", *errors])


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def print_json(document: object) -> None:
    """One JSON document, indented."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
