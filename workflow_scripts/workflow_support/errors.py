"""The error for inputs that cannot be used."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """An input cannot be used. The message states the problem, the place, the allowed values and the fix.

    Parameters
    ----------
    problem
        One sentence that states the problem.
    file, line
        The file of the problem, and its 1-based line if there is one.
    found
        The offending text or value.
    allowed
        The values that are accepted.
    fix
        The action that solves the problem.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        found: object = None,
        allowed: object = None,
        fix: str,
    ) -> None:
        self.problem, self.file, self.line = problem, file, line
        self.found, self.allowed, self.fix = found, allowed, fix
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.file is None else str(self.file)
        if self.line is not None:
            place += f", line {self.line}"
        lines = [f"{place}: {self.problem}" if place else self.problem]
        for label, value in (("found", self.found), ("allowed", self.allowed), ("fix", self.fix)):
            if value is not None:
                lines.append(f"  {label + ':':<9}{value}")
        return "\n".join(lines)
