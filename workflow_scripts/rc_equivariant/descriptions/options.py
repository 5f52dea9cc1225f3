"""Options of descriptions: dataclass fields with a sentence, a unit and limits."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any, get_type_hints


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a number, or of each number of a list."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    odd: bool = False

    def violation(self, value: float) -> str | None:
        """Return the requirement that a value violates, or None if it is allowed."""
        for limit, is_kept, words in (
            (self.minimum, lambda: value >= self.minimum, "at least {:g}"),
            (self.maximum, lambda: value <= self.maximum, "at most {:g}"),
            (self.above, lambda: value > self.above, "more than {:g}"),
            (self.below, lambda: value < self.below, "less than {:g}"),
        ):
            if limit is not None and not is_kept():
                return words.format(limit)
        return "odd, to reach equally far to both sides" if self.odd and value % 2 == 0 else None


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option, as the documentation and the schemas need it.

    Parameters
    ----------
    type
        ``int``, ``float``, ``bool`` or ``str``; the type of the items if ``is_list``.
    default
        Default value; ``dataclasses.MISSING`` if the option is required.
    is_optional
        True if the value may be None.
    per_arm
        True if an arm of a study may set the option directly, next to its representation.
    """

    name: str
    type: type
    default: Any
    doc: str
    unit: str | None
    limits: Limits
    choices: Sequence[str] | None
    is_list: bool
    is_optional: bool
    per_arm: bool


def option(
    default: Any = MISSING,
    doc: str = "",
    *,
    unit: str | None = None,
    choices: Sequence[str] | None = None,
    per_arm: bool = False,
    **limits: Any,
) -> Any:
    """Declare a dataclass field as an option; ``limits`` are the fields of :class:`Limits`."""
    metadata = {"doc": doc, "unit": unit, "choices": choices, "per_arm": per_arm, "limits": Limits(**limits)}
    return field(default=default, metadata=metadata)


@cache
def options_of(described: type) -> list[Option]:
    """List the options of a dataclass in the order of its fields."""
    hints = get_type_hints(described)
    return [_option(each, hints[each.name]) for each in fields(described) if "doc" in each.metadata]


def check_options(described: Any) -> None:
    """Check every option of an instance against its type, limits and choices.

    Raises
    ------
    ValueError
        For the first value that is not allowed.
    """
    for each in options_of(type(described)):
        value = getattr(described, each.name)
        if value is None and each.is_optional:
            continue
        for item in value if each.is_list else (value,):
            _check(each, item)


def with_tuples(described: Any) -> None:
    """Turn the lists of a frozen instance into tuples, because JSON and YAML have only lists."""
    for each in options_of(type(described)):
        value = getattr(described, each.name)
        if each.is_list:
            if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
                raise TypeError(f"{each.name} is {value!r}: it must be a list")
            object.__setattr__(described, each.name, tuple(value))


def _option(declared: Field, hint: Any) -> Option:
    arguments = getattr(hint, "__args__", ())
    is_list = getattr(hint, "__origin__", None) is tuple
    own = {key: declared.metadata[key] for key in ("doc", "unit", "choices", "limits", "per_arm")}
    return Option(
        name=declared.name,
        type=arguments[0] if arguments else hint,
        default=declared.default,
        is_list=is_list,
        is_optional=type(None) in arguments,
        **own,
    )


def _check(described: Option, value: Any) -> None:
    name, expected = described.name, described.type
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = is_number if expected is float else isinstance(value, expected) and (expected is bool or value is not True)
    if expected is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    if not fits or (is_number and not abs(value) <= sys.float_info.max):
        kind = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[expected]
        raise TypeError(f"{name} is {value!r}: it must be {kind}")
    if described.choices is not None and value not in described.choices:
        raise ValueError(f"unknown {name} {value!r}: choose from {', '.join(described.choices)}")
    if is_number and (allowed := described.limits.violation(value)):
        raise ValueError(f"{name} is {value}: it must be {allowed}")
