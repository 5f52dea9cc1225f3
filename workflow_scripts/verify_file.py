"""A local input file and its checksum -> a link to the file, made only if the checksum is right."""

import os
from pathlib import Path

from workflow_support.errors import InputError
from workflow_support.job import run_job
from workflow_support.provenance import file_digest


def verify_file(source: Path, checksum: str, verified: Path) -> None:
    """Link ``verified`` to ``source``, after checking its ``checksum`` (``sha256:<hex>`` or ``md5:<hex>``)."""
    found = file_digest(source, checksum.partition(":")[0])
    if found != checksum.lower():
        raise InputError(
            "the file is not the one that its checksum names",
            file=source,
            found=found,
            allowed=checksum,
            fix="get the file again, or correct the checksum in the configuration",
        )
    verified.parent.mkdir(parents=True, exist_ok=True)
    # Both paths are resolved, because a relative link starts at the real folder of results, maybe on another disk.
    verified.symlink_to(os.path.relpath(source.resolve(), verified.parent.resolve()))


if "snakemake" in globals():
    run_job(snakemake, verify_file)
