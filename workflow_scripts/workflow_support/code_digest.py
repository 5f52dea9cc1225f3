"""The code of a script: the local modules that it imports, their digest, and the packages that it needs."""

from __future__ import annotations

import ast
import hashlib
import sys
from functools import cache
from pathlib import Path


def code_digest(script: Path, *modules: str) -> str:
    """SHA-256 of a script, of ``modules`` and of every local module that these import, directly or not.

    Local modules lie beside the script; ``modules`` are the dotted names of those that it imports by a name that it is
    given. The digest depends only on names and contents, not on the folder of the checkout or on file times, so it is
    the same in every checkout of the same code.
    """
    digest = hashlib.sha256()
    for path in local_files(script, *modules):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(script.parent).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def local_files(script: Path, *modules: str) -> list[Path]:
    """The script and the files of ``modules`` and of every local module that these import, directly or not, sorted."""
    found, waiting = set(), [script]
    for module in modules:
        waiting += _module_files(module, script.parent)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            for module in _imports(file, script.parent):
                waiting += _module_files(module, script.parent)
    return sorted(found)


def third_party_imports(script: Path, *modules: str) -> set[str]:
    """Top-level names of the packages, neither local nor of the standard library, that a script and modules import.

    Packages that come with this interpreter under another name than they are installed by keep their import name
    (``sklearn``, not scikit-learn).
    """
    names = {
        module.partition(".")[0] for file in local_files(script, *modules) for module in _imports(file, script.parent)
    } - sys.stdlib_module_names
    return {name for name in names if not _module_files(name, script.parent)}


def _imports(file: Path, root: Path) -> set[str]:
    package = file.relative_to(root).parent.parts
    return {_absolute(module, level, package) for module, level in _import_statements(file.read_bytes())}


@cache
def _import_statements(source: bytes) -> frozenset[tuple[str, int]]:
    """Every ``(module, level)`` that a source imports anywhere; cached because scripts share modules.

    ``from a import b`` counts as ``a`` and as ``a.b``, since ``b`` may be a module.
    """
    statements = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            statements |= {(name.name, 0) for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            statements.add((module, node.level))
            statements |= {(f"{module}.{name.name}".lstrip("."), node.level) for name in node.names}
    return frozenset(statements)


def _absolute(module: str, level: int, package: tuple[str, ...]) -> str:
    """The full name of a module imported with ``level`` leading dots from within ``package``."""
    if level == 0:
        return module
    return ".".join((*package[: len(package) - level + 1], *filter(None, [module])))


@cache
def _module_files(module: str, root: Path) -> list[Path]:
    """Local files that run when ``module`` is imported: its own and those of the packages around it.

    Cached because thousands of imports name a few hundred modules.
    """
    parts = module.split(".")
    files = []
    for depth in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:depth])
        files += [path for path in (place / "__init__.py", place.with_name(place.name + ".py")) if path.is_file()]
    return files
