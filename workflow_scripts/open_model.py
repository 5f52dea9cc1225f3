"""A model that was sent, as a folder or a zip -> its checked description and weights, which other jobs read."""

from pathlib import Path
from shutil import copyfile

import torch

from learning.models.model_files import DESCRIPTION, WEIGHTS, load_model_networks, model_folder
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def open_model(sources: list[Path], digest: str | None, description: Path, weights: Path) -> None:
    """Copy both files of a model, after checking that its networks can be loaded and nothing was changed.

    Parameters
    ----------
    sources
        The files of a folder, or a zip.
    digest
        The digest of the first of them when the run was planned. Another model in the same place has another one, by
        which this job is done again.
    description, weights
        Files to write.
    """
    source = sources[0] if len(sources) == 1 else sources[0].parent
    with model_folder(source) as folder:
        loaded = load_model_networks(folder / WEIGHTS, folder / DESCRIPTION, torch.device("cpu"))
        with atomic_paths(description, weights) as copies:
            for name, copy in zip((DESCRIPTION, WEIGHTS), copies, strict=True):
                copyfile(folder / name, copy)
    logger.info("%s: digest %s, %d networks of %s", source, digest, len(loaded), loaded[0][1].task)


if "snakemake" in globals():
    run_job(snakemake, open_model)
