"""The version of the workflow: ``python -m workflow_support.versions`` prints it, ``... release 0.2.0`` sets it.

``pyproject.toml`` has it; a release writes it there, into CITATION.cff, and over the unreleased part of CHANGELOG.md.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from .errors import InputError

ROOT = Path(__file__).parents[2]
UNRELEASED = "## Unreleased\n"


def workflow_version(root: Path = ROOT) -> str:
    """The version that the checkout is, or comes after."""
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]


def release(version: str, root: Path = ROOT, today: date | None = None) -> None:
    """Write a version into the files that name it. Committing and tagging are left to the maintainer.

    Raises
    ------
    InputError
        If the version is no later than the last one, or nothing is unreleased.
    """
    last = workflow_version(root)
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or _numbers(version) <= _numbers(last):
        raise InputError(
            f"{version} cannot be the next version",
            found=version,
            allowed=f"three numbers, later than {last}",
            fix="choose by semantic versioning: what breaks configurations or results raises the first number",
        )
    day = (today or date.today()).isoformat()
    changes = root / "CHANGELOG.md"
    text = changes.read_text(encoding="utf-8")
    if not re.search(re.escape(UNRELEASED) + r"\s*#{3} ", text):
        raise InputError(
            "there is nothing to release",
            file=changes,
            found="no entries under `## Unreleased`",
            allowed="a list of changes",
            fix="write what changed under `## Unreleased`",
        )
    changes.write_text(text.replace(UNRELEASED, f"{UNRELEASED}\n## {version} ({day})\n", 1), encoding="utf-8")
    _replace(root / "pyproject.toml", r'(?m)^version = "[^"]*"', f'version = "{version}"')
    _replace(root / "CITATION.cff", r"(?m)^version: .*$", f"version: {version}")


def release_notes(version: str, root: Path = ROOT) -> str:
    """The part of CHANGELOG.md on a version."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"(?ms)^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", text)
    return found[1].strip() if found else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _replace(file: Path, pattern: str, text: str) -> None:
    changed, count = re.subn(pattern, text, file.read_text(encoding="utf-8"), count=1)
    assert count == 1, file
    file.write_text(changed, encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    if not arguments:
        print(workflow_version())
        return
    try:
        release(arguments[1])
    except InputError as error:
        sys.exit(str(error))
    print(f"git commit -am 'Release {arguments[1]}' && git tag -a v{arguments[1]} -m 'Release {arguments[1]}'")


if __name__ == "__main__":
    main(sys.argv[1:])
