"""The configuration of a run and its input files -> a record of what the results were made from."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from workflow_support.files import atomic_paths
from workflow_support.job import run_job
from workflow_support.provenance import file_digest, git_state, hardware, software_versions


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
    """Write ``provenance`` (JSON) and the complete configuration (YAML), which repeats the run.

    Parameters
    ----------
    locations, files
        Key in the configuration of every input file, and the files.
    models
        Descriptions of all networks, which name what each was trained on: on a cluster, other machines than this one.
    config
        With all defaults filled in.
    scripts
        Digest of the code of every script.
    environments
        Digest of every file that pins versions of software. The software of other rules' environments is known by it;
        ``software`` is that of the environment, and ``hardware`` the machine, that the record is written in.
    """
    inputs = zip(locations, files, strict=True)
    record = {
        "name": config["name"],
        "seeds": config["study"]["seeds"],
        "device": config["training"]["device"],
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
