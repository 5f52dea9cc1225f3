"""The configuration and the input files of a run -> the record of its provenance."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from workflow_support.files import atomic_paths
from workflow_support.job import run_job
from workflow_support.provenance import file_digest, git_state, hardware, software_versions
from workflow_support.versions import workflow_version


def record_run(
    locations: Sequence[str],
    files: Sequence[Path],
    models: Sequence[Path],
    config: Mapping[str, Any],
    scripts: Mapping[str, str],
    environments: Mapping[str, str],
    provenance: Path,
    config_copy: Path,
) -> None:
    """Write ``provenance`` (JSON) and the complete configuration (YAML), from which the run can be repeated.

    Parameters
    ----------
    locations, files
        The key of each input file in the configuration, and the files.
    models
        Descriptions of all networks. They name the devices of the trainings, which on a cluster are other machines
        than the one that writes this record.
    config
        The configuration with all defaults filled in.
    scripts
        The code digest of every script.
    environments
        The digest of every file that pins versions of software. ``software`` and ``hardware`` of the record describe
        the environment and machine of this job alone; the environments of other rules are known by these digests.
    """
    inputs = zip(locations, files, strict=True)
    record = {
        "name": config["name"],
        "version": workflow_version(),
        "seeds": config["study"]["seeds"],
        "device": config["compute"]["device"],
        "git": git_state(Path(__file__).parent),
        "hardware": hardware(),
        "trained_on": Counter(model["device"] for file in models for model in json.loads(file.read_bytes())),
        "software": software_versions(),
        "inputs": {key: {"file": str(file), "digest": file_digest(file)} for key, file in inputs},
        "scripts": dict(scripts),
        "environments": dict(environments),
    }
    with atomic_paths(provenance, config_copy) as (provenance_file, config_file):
        provenance_file.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        config_file.write_text(yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True), encoding="utf-8")


if "snakemake" in globals():
    run_job(snakemake, record_run)
