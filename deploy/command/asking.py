"""Asks a running instance over HTTP: the one in the data folder, or the one at --url."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
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
    str | None, typer.Option("--url", envvar="BATON_URL", help="The instance's address, instead of --data.")
]
KeyOption = Annotated[
    str | None, typer.Option("--key", envvar="BATON_KEY", help="An API key, instead of the folder's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(slots=True)
class Instance:
    """A running instance. Every call either gives what was asked for or raises Failed."""

    client: httpx.Client

    @classmethod
    def reach(cls, data: Path, url: str | None, key: str | None) -> Self:
        """The instance at `url`, or else the one that runs in the folder `data`."""
        if url is None:
            try:
                found = Folder(data).instance()
            except NoInstance as missing:
                raise Failed(str(missing), NOBODY) from missing
            url, key = found.url, key or found.key
        elif key is None:
            raise Failed("name a key too: --key, or BATON_KEY; `baton keys add` makes one")
        headers = {"Authorization": f"Bearer {key}"}
        try:
            return cls(httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False))
        except httpx.InvalidURL as wrong:
            raise Failed(f"{url} is no address: write it as http://127.0.0.1:8000") from wrong

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str, **params: str) -> Any:
        """What stands at `path`."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: object = None) -> Any:
        """The answer to a POST; repeated while the instance is busy, so use it for what may be repeated."""
        return self._call("POST", path, json=body)

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
        for left in reversed(range(TRIES)):
            try:
                response = self.client.request(method, path, **more)
            except (httpx.HTTPError, OSError) as wrong:
                hint = f"is it running? Start it with `baton run` ({wrong})"
                raise Failed(
                    f"nothing answers at {self.client.base_url}: {hint} ({wrong})", NOBODY
                ) from wrong
            if response.status_code != 503 or not left:
                return _answer(response)
            time.sleep(min(float(response.headers.get("retry-after", 1)), 5.0))
        raise AssertionError("unreachable")


def _answer(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json() if response.content else None
    problem = _problem(response)
    sentence = problem.get("detail") or problem.get("title") or response.text[:200]
    if response.status_code in (401, 403):
        raise Failed(f"{sentence} (HTTP {response.status_code})", WRONG)
    raise Failed(f"{sentence} (HTTP {response.status_code})", NOBODY if response.status_code == 503 else NO)


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def print_json(document: object) -> None:
    """One JSON document, indented."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
