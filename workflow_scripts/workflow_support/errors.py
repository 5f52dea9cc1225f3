"""The one way to tell a user that an input cannot be used."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """An input that cannot be used: what is wrong, where, what is allowed and how to mend it.

    Parameters
    ----------
    problem
        One sentence: what is wrong.
    file, line
        Where: the file, and its 1-based line where there is one.
    found
        The offending text or value.
    allowed
        What would have been accepted.
    mend
        What the user can do now.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        found: object = None,
        allowed: object = None,
        mend: str,
    ) -> None:
        self.problem, self.file, self.line = problem, file, line
        self.found, self.allowed, self.mend = found, allowed, mend
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.file is None else str(self.file)
        if self.line is not None:
            place += f", line {self.line}"
        lines = [f"{place}: {self.problem}" if place else self.problem]
        for label, value in (("found", self.found), ("allowed", self.allowed), ("mend", self.mend)):
            if value is not None:
                lines.append(f"  {label + ':':<9}{value}")
        return "\n".join(lines)
