"""The configurations of resources/runs, most of them several files each."""

from pathlib import Path
from typing import Any

import yaml
from snakemake.utils import update_config

from configuration import resolve

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "resources/runs"
#: A study that makes its own data.
PHYLOGENIES = RUNS / "phylogeny_study.yaml"
#: Studies on data sets that have another study, too, by the prefix of their names.
STUDIES_BY_PREFIX = {"hyperbolic": ["hyperbolic"], "published": ["hyperbolic", "published"], "default": []}


def _files_of(run: Path) -> list[Path]:
    """A study, the data set that it is done on, and what is another there for this study."""
    if run == PHYLOGENIES:
        return [run]
    prefix, _, data_set = run.stem.partition("_")
    if prefix in STUDIES_BY_PREFIX:
        studies = [RUNS / f"{study}_study.yaml" for study in STUDIES_BY_PREFIX[prefix]]
        return [*studies, RUNS / f"{data_set}.yaml", run]
    return [RUNS / ("labelled_study.yaml" if "kind: labelled" in run.read_text() else "binary_study.yaml"), run]


#: The data sets of the studies of networks and of the ladder, and the words in the names of files laid over these.
PEAKS = ("max", "twist", "reb1", "abf1", "ctcf")
LABELLED = ("gue_human_tf_0", "gue_human_tf_2", "gue_mouse_tf_0", "gue_mouse_tf_2")
LONG_STUDIES = ("networks", "ladder")
LAID_OVER = ("peaks", "small", "short")
#: A study of hyperbolic layers, and the data sets that it is laid over, the last of which is simulated.
CURVATURE = {name: [RUNS / f"{name}.yaml", RUNS / "curvature_study.yaml"] for name in (*LABELLED, "hierarchies")}
#: The files of each run of these, as make lays them over each other.
LONG_RUNS = {
    f"{study}_{data_set}": [
        RUNS / f"{data_set}.yaml",
        RUNS / f"{study}_study.yaml",
        *([RUNS / f"{study}_peaks.yaml"] if data_set in PEAKS else []),
    ]
    for study in LONG_STUDIES
    for data_set in (*PEAKS, *LABELLED)
}
#: The files of each run by its name, as they are laid over each other.
STUDIES = {
    run.stem: _files_of(run)
    for run in sorted(RUNS.glob("*.yaml"))
    if run == PHYLOGENIES or not run.stem.endswith(("_study", "hierarchies", *LAID_OVER))
}


def resolve_files(files: list[Path], data: Path) -> dict[str, Any]:
    """The settings that files amount to, laid over each other as Snakemake does."""
    config: dict[str, Any] = {}
    for file in files:
        update_config(config, yaml.safe_load(file.read_text()))
    return resolve(config | {"data": str(data)}, files, ROOT / "resources/schemas/config.schema.json").settings
