"""Text of a request or a setting that must be written in a certain way: the error says in words which."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function, no_info_before_validator_function


@dataclass(frozen=True, slots=True)
class Written:
    """`Annotated[str, Written(pattern, what)]`. `what`: what is expected, with an example."""

    pattern: str
    what: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), "pattern": self.pattern}

    def check(self, text: str) -> str:
        """The text as it is. Raises PydanticCustomError, a ValueError, if it is written otherwise."""
        if re.fullmatch(self.pattern, text) is None:
            raise PydanticCustomError("written", "expected {what}", {"what": self.what})
        return text


@dataclass(frozen=True, slots=True)
class AsJson:
    """`Annotated[…, NoDecode, AsJson(example)]`: a setting written as JSON, which errors do not quote."""

    example: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(self.read, handler(source))

    def read(self, given: object) -> object:
        """What the text says; what is no text stays. Raises PydanticCustomError, a ValueError."""
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given)
        except ValueError:
            raise PydanticCustomError(
                "as_json", "expected JSON, such as {example}", {"example": self.example}
            ) from None


DAYS_MAX: Final = 3650
"""The most that a setting may ask to keep something for: ten years; what is longer has no date."""


def _is_named(given: object) -> object:
    if given == "":
        raise PydanticCustomError("unnamed", "expected a path; leave it out, and it has its default")
    return given


NAMED: Final = BeforeValidator(_is_named)
"""A path that is set to nothing would be the folder in which a process was started."""
ADDRESS: Final = Written(r"^[^@\s]+@[^@\s]+$", "an address, such as ana@acme.example")
AMOUNT: Final = Written(r"^[0-9]{1,15}(\.[0-9]{1,4})?$", "a decimal number, such as 38400.00")
CURRENCY: Final = Written(r"^[A-Z]{3}$", "the three letters of a currency, such as EUR")
URL: Final = Written(r"^https?://\S+$", "an address, such as https://tool.acme.example/hook")
