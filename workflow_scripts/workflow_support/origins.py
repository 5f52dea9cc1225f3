"""The file and line of every key of a configuration, for error messages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import yaml

from workflow_support.errors import InputError

KeyPath = tuple[str | int, ...]

FILES_VARIABLE = "RC_CONFIGURATION_FILES"
"""The environment variable in which a job finds the configuration files of its run."""

COMMAND_LINE = "--config on the command line"


def dotted(path: KeyPath) -> str:
    """``("tasks", "CTCF", "unlabelled", 0)`` as ``tasks.CTCF.unlabelled[0]``; the empty path is ``configuration``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".") or "configuration"


class Origins:
    """The lines of all keys of some configuration files, later files overriding earlier ones.

    Raises
    ------
    InputError
        Where a file gives a key twice in one place or a key that is no text.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._lines = [(file, _lines_of(file)) for file in files]

    @classmethod
    def of_this_run(cls) -> Origins:
        """Those of the run that this job belongs to.

        Jobs know the files by the environment: as a parameter of its rule, a file that is renamed or gains a line
        would make what was made from the same settings out of date.
        """
        files = map(Path, filter(None, os.environ.get(FILES_VARIABLE, "").split(os.pathsep)))
        return cls(file for file in files if file.is_file())

    @contextmanager
    def naming(self, path: KeyPath) -> Iterator[None]:
        """Point an :class:`InputError` that comes from within, and names no file, to the key at ``path``."""
        try:
            yield
        except InputError as error:
            if error.file is not None:
                raise
            problem = f"`{dotted(path)}`: {error.problem}"
            raise self.error(path, problem, found=error.found, allowed=error.allowed, fix=error.fix) from None

    def error(self, path: KeyPath, problem: str, *, found: object, allowed: object, fix: str) -> InputError:
        """An :class:`InputError` that points to the key at ``path``, or to the closest key around it."""
        file, line = self._place(path)
        return InputError(problem, file=file, line=line, found=found, allowed=allowed, fix=fix)

    def has(self, path: KeyPath) -> bool:
        """Return True if a file gives the key at ``path``."""
        return any(path in lines for _, lines in self._lines)

    def line(self, path: KeyPath) -> int:
        """Line of the key at ``path``; 0 for what the command line gave."""
        return self._place(path)[1] or 0

    def _place(self, path: KeyPath) -> tuple[Path | str | None, int | None]:
        for file, lines in reversed(self._lines):
            if path in lines:
                return file, lines[path]
        # A key that is missing has no line; the one that should hold it has. Top-level keys from nowhere were
        # given on the command line.
        return self._place(path[:-1]) if len(path) > 1 else (COMMAND_LINE if path else self._first_file(), None)

    def _first_file(self) -> Path | str:
        return self._lines[-1][0] if self._lines else COMMAND_LINE


def _lines_of(file: Path) -> dict[KeyPath, int]:
    try:
        with file.open(encoding="utf-8") as stream:
            root = yaml.compose(stream, Loader=yaml.SafeLoader)
        return dict(_walk(root, (), file)) if root else {}
    except RecursionError as error:
        raise InputError(
            "values are nested too deeply, or in themselves",
            file=file,
            allowed="the keys of docs/configuration.md, which have few levels",
            fix="check the brackets, braces and anchors of the file",
        ) from error


def _walk(node: yaml.Node, path: KeyPath, file: Path) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            _require_new_text_key(key, seen, path, file)
            seen[key.value] = line
            yield (*path, key.value), line
            yield from _walk(value, (*path, key.value), file)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1
            yield from _walk(item, (*path, index), file)


def _require_new_text_key(key: yaml.Node, seen: dict[str, int], path: KeyPath, file: Path) -> None:
    line = key.start_mark.line + 1
    if key.tag != "tag:yaml.org,2002:str":
        raise InputError(
            f"a key of `{dotted(path)}` is no text to YAML",
            file=file,
            line=line,
            found=key.value,
            allowed="text",
            fix=f'put it in quotes: "{key.value}"',
        )
    if key.value in seen:
        raise InputError(
            f"`{dotted((*path, key.value))}` is given twice",
            file=file,
            line=line,
            found=f"{key.value}, first on line {seen[key.value]}",
            allowed="every key once",
            fix="rename or delete one of the two",
        )


def require_name(name: str, known: Iterable[str], path: KeyPath, origins: Origins) -> None:
    """Raise an InputError unless ``name``, which stands under ``path``, is one of those ``known``."""
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    raise origins.error(
        path,
        f"`{dotted(path)}` names nothing in this configuration",
        found=name,
        allowed=", ".join(known),
        fix=f"did you mean `{near[0]}`?" if near else "use one of these names, or define it",
    )
