"""What services keep until somebody decides: listed by page, named by service and number, as scoring/3."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.command.asking import Instance, NotHere, Why
from deploy.command.failing import Failed


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of it. `path`: where it is listed; `since`: the instant that orders it; `command`: its own."""

    path: str
    since: str
    command: str

    def page(self, instance: Instance, after: str | None = None) -> list[Any]:
        """The first page of every service, or what one of them has after `after`."""
        if after is None:
            return sorted(instance.collect(self.path, "service", "id"), key=lambda one: one[self.since])
        service, number = self._parts(after)
        return list(instance.get(self.path, service=service, after=number))

    def everything(self, instance: Instance) -> Iterator[Mapping[str, Any]]:
        """All of it, page by page."""
        pages = [self.page(instance)]
        while pages:
            found = pages.pop()
            yield from found
            pages += self._next(instance, found)

    def tell_more(self, instance: Instance, found: Sequence[Any]) -> None:
        """Say how to list what comes after this page."""
        for last in _last_of_each(found):
            if self.page(instance, place(last)):
                more = f"baton {self.command} list --after {place(last)}"
                print(f"{last['service']} has more, which came later: {more}")

    def at(self, which: str) -> str:
        """The path of one. Raises Failed, if it is not named as it is listed."""
        return "/".join((self.path, *self._parts(which)))

    def each(self, found: Iterable[Mapping[str, Any]], do: Callable[[str], Any]) -> list[Any]:
        """What `do` answers to the path of each that is still there: one may go meanwhile, by an erasure."""
        answers = []
        for one in found:
            try:
                answers.append(do(self.at(place(one))))
            except NotHere as missing:
                if missing.why is not Why.UNKNOWN:
                    raise
        return answers

    def _next(self, instance: Instance, found: Sequence[Any]) -> list[list[Any]]:
        pages = (self.page(instance, place(last)) for last in _last_of_each(found))
        return [page for page in pages if page]

    def _parts(self, which: str) -> tuple[str, str]:
        service, slash, number = which.partition("/")
        if not slash or not number.isdecimal() or not service.isalpha():
            as_listed = f"write it as `baton {self.command} list` does, such as scoring/3"
            raise Failed(f"{which!r} is none: {as_listed}")
        return service, number


def place(one: Mapping[str, Any]) -> str:
    """How one is named."""
    return f"{one['service']}/{one['id']}"


def _last_of_each(found: Sequence[Any]) -> list[Any]:
    return [*{one["service"]: one for one in sorted(found, key=lambda one: int(one["id"]))}.values()]
