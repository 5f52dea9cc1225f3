"""Tables of ``docs/reliability.md``, each between two marks, so that the text round them may be edited by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from workflow_support.files import atomic_path
from workflow_support.provenance import hardware, software_versions

from .determinism import Comparison, TimedRun
from .kills import AIMS, KilledTraining

PACKAGES = ("torch", "numpy", "pandas", "scikit-learn", "safetensors", "snakemake")


def replace_part(page: Path, mark: str, text: str) -> None:
    """Put ``text`` between ``<!-- mark -->`` and ``<!-- end of mark -->``; a ValueError where they are not there."""
    start, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
    content = page.read_text(encoding="utf-8")
    pattern = f"({re.escape(start)}).*?({re.escape(end)})"
    changed, count = re.subn(pattern, lambda found: f"{found[1]}\n{text}\n\n{found[2]}", content, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{page}: {mark} is marked {count} times, not once")
    with atomic_path(page) as partial:
        partial.write_text(changed, encoding="utf-8")


def kills_text(trainings: Mapping[str, KilledTraining]) -> str:
    """A summary of the kills of trainings by name, and a row for each."""
    summary = [
        [
            name,
            len(killed.kills),
            *(Counter(kill.hit for kill in killed.kills)[aim] for aim in AIMS),
            max(kill.reached - kill.resumed for kill in killed.kills),
            len(killed.left),
            "yes" if not killed.differing else f"no: {', '.join(killed.differing)}",
        ]
        for name, killed in trainings.items()
    ]
    header = ["Training", "Kills", *AIMS, "Epochs lost, at most", "Partial files left", "Same bytes"]
    rows = [
        [name, number, kill.hit, f"{kill.seconds:.2f}", kill.partial, kill.reached, kill.resumed]
        for name, killed in trainings.items()
        for number, kill in enumerate(killed.kills, start=1)
    ]
    columns = ["Training", "Kill", "Hit", "After (s)", "Files cut off", "Epochs trained", "Resumed from"]
    return "\n\n".join([_table(header, summary), _table(columns, rows), _machine()])


def determinism_text(runs: Sequence[TimedRun], comparison: Comparison) -> str:
    """How many files of two runs are the same, and which are not."""
    exempt = ", ".join(f"{count} {kind}" for kind, count in sorted(comparison.exempt.items()))
    compared = len(comparison.equal) + len(comparison.differing)
    header = ["Cores", "Seconds", "Files compared", "Equal", "Different", "In one run alone", "Exempt"]
    counts = [compared, len(comparison.equal), len(comparison.differing), len(comparison.lone), exempt]
    row = [*(" and ".join(f"{value:.0f}" for value in values) for values in
             ([run.cores for run in runs], [run.seconds for run in runs])), *counts]  # fmt: skip
    differing = "".join(f"\n- `{file}`" for file in [*comparison.differing, *comparison.lone])
    message = f"Not the same:\n{differing}" if differing else "No file differs."
    return "\n\n".join([_table(header, [row]), message, _machine()])


def _machine() -> str:
    machine, software = hardware(), software_versions()
    versions = ", ".join(f"{name} {software['packages'].get(name, 'absent')}" for name in PACKAGES)
    return f"{machine['processor']}, {machine['cores']} cores; Python {software['python']}, {versions}."


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
