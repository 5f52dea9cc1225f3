"""The configurations of resources/runs, two files each."""

from pathlib import Path
from typing import Any

import yaml
from snakemake.utils import update_config

from workflow_support.configuration import resolve

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "resources/runs"
#: Each data set with what is compared on it.
STUDIES = {
    file: RUNS / ("labelled_study.yaml" if "kind: labelled" in file.read_text() else "binary_study.yaml")
    for file in sorted(RUNS.glob("*.yaml"))
    if not file.stem.endswith("_study")
}


def resolve_files(files: list[Path], data: Path) -> dict[str, Any]:
    """The settings that files amount to, laid over each other as Snakemake does."""
    config: dict[str, Any] = {}
    for file in files:
        update_config(config, yaml.safe_load(file.read_text()))
    return resolve(config | {"data": str(data)}, files, ROOT / "resources/schemas/config.schema.json").settings
