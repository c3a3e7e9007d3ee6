"""What every call may be answered that is an error, as OpenAPI documents tell it."""

from typing import Any, Final

PROBLEM_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2

Declared = dict[int | str, dict[str, Any]]
PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "What is wrong, in a few words"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence: what is wrong and what to do"},
        "field": {"type": "string", "description": "The field that is wrong, where it is one"},
        "errors": {"type": "array", "items": {}, "description": "All that is wrong, where that is several"},
    },
}


def problems(**reasons: str) -> Declared:
    """For `responses`: problem+json for these statuses (`s404="Nobody knows it"`) and those of every call."""
    always = {
        "s401": "No valid key",
        "s403": "The key's role may not do this",
        "s422": "Not understood: the detail names the field",
        "s503": "Database or bus can not be used now",
    }
    declared: Declared = {}
    for name, reason in sorted({**always, **reasons}.items()):
        declared[int(name[1:])] = {
            "description": reason,
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    declared[503]["headers"] = {
        "Retry-After": {
            "schema": {"type": "integer", "example": RETRY_AFTER_S},
            "description": "Seconds; nothing was written",
        }
    }
    return declared
