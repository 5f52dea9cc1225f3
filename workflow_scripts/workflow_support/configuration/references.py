"""Names in a configuration that stand for something else in it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from workflow_support.origins import KeyPath, Origins, dotted


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
        mend=f"did you mean `{near[0]}`?" if near else "use one of these names, or define it",
    )
