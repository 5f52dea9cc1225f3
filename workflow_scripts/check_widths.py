"""Check that the sequences of a labelled task are wide enough for the networks of its arms, before any is trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_support.files import atomic_path
from workflow_support.job import run_job
from workflow_support.origins import Origins
from workflow_support.widths import require_wide_enough


def check_widths(
    codes: Path, task: str, networks: Mapping[str, dict[str, Any]], checked: Path, origins: Origins | None = None
) -> None:
    """Write the width of the sequences for every arm.

    Parameters
    ----------
    codes
        Base codes of the task, (sequences, width).
    networks
        The network of each arm, without what the task decides.
    checked
        Table to write: ``arm, width``.
    origins
        Files and lines of the configuration, for error messages. None: those of the run that this job belongs to.

    Raises
    ------
    InputError
        If a network leaves nothing of the sequences for its head.
    """
    origins = origins or Origins.of_this_run()
    width = np.load(codes, mmap_mode="r").shape[1]
    for arm, network in networks.items():
        require_wide_enough(network, width, task, arm, ("tasks", task, "sequences"), origins, section="sequences")
    with atomic_path(checked) as path:
        pd.DataFrame({"arm": list(networks), "width": width}).to_csv(path, sep="\t", index=False)


if "snakemake" in globals():
    run_job(snakemake, check_widths)
