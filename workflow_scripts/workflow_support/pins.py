"""Pins of conda environments, ``envs/NAME.linux-64.pin.txt``: ``python -m workflow_support.pins envs`` signs them.

``make pins`` has snakedeploy write them, which asks conda for the packages of an environment. Snakemake then takes
those packages in place of the environment's own list. Each pin therefore names the digest of the file that it was made
from, by which a test refuses one that is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .provenance import file_digest

SUFFIX = ".linux-64.pin.txt"
SIGNATURE = "# environment: "


def sign(folder: Path) -> None:
    """Write into each pin the digest of its environment."""
    for pin in sorted(folder.glob(f"*{SUFFIX}")):
        lines = [line for line in pin.read_text(encoding="utf-8").splitlines() if not line.startswith(SIGNATURE)]
        signed = [SIGNATURE + file_digest(_environment(pin)), *lines]
        pin.write_text("\n".join(signed) + "\n", encoding="utf-8")


def stale_pins(folder: Path) -> list[Path]:
    """The pins whose environment is another than they were made from, or is gone."""
    return [
        pin
        for pin in sorted(folder.glob(f"*{SUFFIX}"))
        if not _environment(pin).is_file()
        or SIGNATURE + file_digest(_environment(pin)) not in pin.read_text(encoding="utf-8").splitlines()
    ]


def _environment(pin: Path) -> Path:
    return pin.with_name(pin.name.removesuffix(SUFFIX) + ".yaml")


if __name__ == "__main__":
    sign(Path(sys.argv[1]))
