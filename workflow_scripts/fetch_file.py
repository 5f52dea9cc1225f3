"""Fetch a remote input of the configuration and verify its checksum."""

from pathlib import Path

from workflow_support.fetch import fetch
from workflow_support.job import run_job


def fetch_file(url: str, checksum: str | None, destination: Path) -> None:
    """Copy ``url`` to ``destination``; see `workflow_support.fetch.fetch`."""
    fetch(url, destination, checksum)


if "snakemake" in globals():
    run_job(snakemake, fetch_file)
