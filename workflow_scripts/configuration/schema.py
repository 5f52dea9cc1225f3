"""The JSON schema of the configuration: readable errors for violations, and defaults."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import jsonschema

from workflow_support.origins import KeyPath, Origins, dotted

from .generated import PARTS
from .values import TYPE_CHECKER, describe, fix_value, read_scalar

Schema = Mapping[str, Any]

#: The prefix of references to parts that are generated from dataclasses.
GENERATED = "generated:"


def read_schema(file: Path) -> Schema:
    """Read a schema and replace every ``$ref``, be it to the same file, to a file next to it or to a generated part."""
    root = json.loads(file.read_text(encoding="utf-8"))
    return _inlined({key: value for key, value in root.items() if key != "$defs"}, root, file.parent)


def require_valid(config: Mapping[str, Any], schema: Schema, origins: Origins) -> None:
    """Raise an InputError for the first violation; misspelt keys come before the missing keys that they cause."""
    validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=TYPE_CHECKER)(schema)
    violations = list(validator.iter_errors(config))
    if violations:
        first = min(violations, key=lambda error: (error.validator == "required", origins.line(_path(error))))
        raise _explain(first, schema, origins)


def with_scalars_read(value: Any, schema: Schema) -> Any:
    """Copy ``value`` and read text as a number or a truth value where the schema asks for one.

    YAML reads ``1e-3`` as text, and Snakemake reads everything within braces on its command line as text.
    """
    if isinstance(value, Mapping):
        return {key: with_scalars_read(item, _child(schema, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [with_scalars_read(item, _child(schema, index)) for index, item in enumerate(value)]
    return read_scalar(value, schema) if isinstance(value, str) else value


def without_empty(value: Any, schema: Schema, *, inherits: bool = False) -> Any:
    """Copy ``value`` without the keys that have no value: in YAML, ``strongest:`` alone is the same as no such line.

    In a set that can start from another (``like``), such a key stays, because it would differ from no such line: the
    other set may have a value for it. The schema then allows null or refuses it.
    """
    if not isinstance(value, Mapping):
        return value
    inherits = inherits or "like" in schema.get("properties", {})
    return {
        key: without_empty(item, _child(schema, key), inherits=inherits)
        for key, item in value.items()
        if inherits or item is not None
    }


def with_defaults(value: Any, schema: Schema) -> Any:
    """Copy ``value`` and add the default of every missing key that has one."""
    if isinstance(value, Mapping):
        complete = dict(value)
        for key, property_schema in schema.get("properties", {}).items():
            if "default" in property_schema:
                default = copy.deepcopy(property_schema["default"])
                given = complete.get(key, default)
                complete[key] = default | given if isinstance(default, dict) else given
        return {key: with_defaults(item, _child(schema, key)) for key, item in complete.items()}
    if isinstance(value, list):
        return [with_defaults(item, _child(schema, index)) for index, item in enumerate(value)]
    return value


def replace(value: Any, schema: Schema, title: str, function: Callable[[KeyPath, Any], Any], path: KeyPath = ()) -> Any:
    """Copy ``value`` and replace every part that the schema calls ``title`` by ``function(path, part)``."""
    if schema.get("title") == title:
        return function(path, value)
    if isinstance(value, Mapping):
        return {k: replace(item, _child(schema, k), title, function, (*path, k)) for k, item in value.items()}
    if isinstance(value, list):
        return [replace(item, _child(schema, i), title, function, (*path, i)) for i, item in enumerate(value)]
    return value


def _inlined(node: Any, root: Schema, folder: Path) -> Any:
    if isinstance(node, list):
        return [_inlined(item, root, folder) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: _inlined(value, root, folder) for key, value in node.items() if key not in ("$ref", "$id", "$schema")}
    reference = node.get("$ref")
    if reference is None:
        return own
    if reference.startswith(GENERATED):
        generated = _inlined(PARTS[reference.removeprefix(GENERATED)](), root, folder)
        return own | {key: value for key, value in generated.items() if key not in own}
    if not reference.startswith("#/$defs/"):
        return read_schema(folder / reference) | own
    return _inlined(root["$defs"][reference.removeprefix("#/$defs/")], root, folder) | own


def _child(schema: Schema, key: str | int) -> Schema:
    if isinstance(key, int):
        return schema.get("items", {})
    others = schema.get("additionalProperties", {})
    return schema.get("properties", {}).get(key, others if isinstance(others, dict) else {})


def _path(error: jsonschema.ValidationError) -> KeyPath:
    return (*error.absolute_path, *list(_unknown_keys(error))[:1])


def _unknown_keys(error: jsonschema.ValidationError) -> Iterator[str]:
    if error.validator == "additionalProperties":
        yield from (key for key in error.instance if key not in error.schema.get("properties", {}))


def _explain(error: jsonschema.ValidationError, schema: Schema, origins: Origins) -> Exception:
    path = _path(error)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        return origins.error(
            path,
            f"unknown key `{path[-1]}` in `{dotted(path[:-1])}`",
            found=path[-1],
            allowed=", ".join(known),
            fix=_fix_unknown(path[-1], known, schema),
        )
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return origins.error(
            path,
            f"`{dotted(path)}` lacks the key `{missing}`",
            found=", ".join(error.instance) or "no key",
            allowed=f"{missing}: {describe(error.schema['properties'][missing])}",
            fix=f"add a line `{missing}: ...` to `{dotted(path)}`",
        )
    if "propertyNames" in error.absolute_schema_path:
        return origins.error(
            (*path, error.instance),
            f"`{error.instance}` cannot be a name in `{dotted(path)}`",
            found=error.instance,
            allowed=describe(error.schema),
            fix="rename it",
        )
    return origins.error(
        path,
        f"`{dotted(path)}` has a value that is not allowed",
        found=json.dumps(error.instance),
        allowed=describe(error.schema),
        fix=fix_value(error, dotted(path)),
    )


def _fix_unknown(key: str, known: list[str], schema: Schema) -> str:
    if near := get_close_matches(key, known, n=1):
        return f"did you mean `{near[0]}`?"
    for section, section_schema in schema["properties"].items():
        if key in section_schema.get("properties", {}):
            return f"`{key}` belongs to the section `{section}`: move it there"
    return "delete the line, or use one of the keys above"
