"""Single values of the configuration: their conversion, descriptions of what a schema allows, and suggested fixes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import jsonschema

_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "keys with values",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "with {} or more items",
    "maxItems": "with at most {} items",
    "minProperties": "{} or more of them",
}

_READERS = (
    ("boolean", {"true": True, "false": False}.__getitem__),
    ("integer", int),
    ("number", int),
    ("number", float),
)


def _is_number(_: Any, value: object) -> bool:
    # NaN fails the comparison, and so does a whole number that no float holds, on which arithmetic would fail.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_whole_number(_: Any, value: object) -> bool:
    return isinstance(value, int) and _is_number(_, value)


# JSON Schema counts 5.0 as an integer and lets NaN and infinity pass every bound; scripts would fail on both.
TYPE_CHECKER = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {"number": _is_number, "integer": _is_whole_number}
)


def read_scalar(text: str, schema: Mapping[str, Any]) -> object:
    """Read ``text`` as the number or truth value that ``schema`` asks for, or return it unchanged."""
    for kind, read in _READERS:
        if kind in _types(schema):
            try:
                return read(text)
            except (KeyError, ValueError):
                continue
    return text


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def describe(schema: Mapping[str, Any]) -> str:
    """Describe the limits and the meaning of a value: ``a whole number, at least 1 (Seed of the draw.)``."""
    description = schema.get("description")
    return describe_value(schema) + (f" ({description})" if description else "")


def describe_value(schema: Mapping[str, Any]) -> str:
    """Describe the limits of a value: ``a whole number, at least 1``."""
    if "enum" in schema:
        kind = " or ".join(map(str, schema["enum"]))
    elif "anyOf" in schema:
        kind = schema["title"]
    elif "pattern" in schema:
        kind = schema.get("title", f"text like {schema['pattern']}")
    else:
        kind = " or ".join(_WORDS[name] for name in _types(schema))
    parts = [kind, *(words.format(schema[key]) for key, words in _BOUNDS.items() if key in schema)]
    if schema.get("uniqueItems"):
        parts.append("without duplicates")
    return ", ".join(filter(None, parts))


def fix_value(error: jsonschema.ValidationError, name: str) -> str:
    """Suggest a fix for a value that violates its schema."""
    value, schema = error.instance, error.schema
    if error.validator == "enum" and (near := get_close_matches(str(value), map(str, schema["enum"]), n=1)):
        return f"did you mean `{near[0]}`?"
    if error.validator == "type" and schema.get("type") == "string" and isinstance(value, int | float):
        # YAML reads a contig called 1, for example, as a number. The text is lost: 010 becomes 8, and no becomes false.
        return "put it in quotes, as it is written in the file"
    if value is None:
        return f"give `{name}` a value, or delete the line"
    if "default" in schema:
        return f"change `{name}`, or leave it out for the default, {schema['default']}"
    return f"change `{name}` to an allowed value"
