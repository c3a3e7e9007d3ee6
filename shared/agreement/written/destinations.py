"""Where a rule sends a lead: a team, a person, the first team that is open, or a team's queue."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from shared.agreement.written.common import Name, Names, Section, SomeNames, exactly_one_of


class Who(Section):
    """What a member of the team must speak or have to be a candidate."""

    speaks: Names = ()
    has: Names = ()


def _kind_of_otherwise(value: object) -> str:
    return "queue" if isinstance(value, str) else "destination"


_Queue: TypeAlias = Annotated[Literal["queue"], Tag("queue")]
_Elsewhere: TypeAlias = Annotated["Destination", Tag("destination")]


class Destination(Section):
    """Exactly one of team, person, first_open and queue; `else` says what happens when it cannot be done."""

    model_config = exactly_one_of("team", "person", "first_open", "queue")

    team: Name | None = None
    person: Name | None = None
    first_open: SomeNames | None = None
    queue: Name | None = None
    who: Who | None = None
    otherwise: Annotated[_Queue | _Elsewhere, Discriminator(_kind_of_otherwise)] | None = Field(
        default=None, alias="else"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "Destination":
        given = [
            kind for kind in ("team", "person", "first_open", "queue") if getattr(self, kind) is not None
        ]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"expected exactly one of team, person, first_open and queue, found {found}")
        if self.who is not None and self.team is None:
            raise ValueError("`who` chooses among the members of a team; name the team")
        if self.first_open == ():
            raise ValueError("expected at least one team after `first_open`")
        return self
