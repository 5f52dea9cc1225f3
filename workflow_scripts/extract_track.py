"""Extract the values of an input track at the bases of the windows of a profile task."""

from pathlib import Path

import numpy as np

from genome_data.formats.tracks import StrandTracks
from genome_data.genome import Genome
from genome_data.windows.table import read_windows
from workflow_support.disk_errors import reserve
from workflow_support.errors import InputError
from workflow_support.files import atomic_path
from workflow_support.job import run_job

BLOCK = 1024


def extract_track(
    windows: Path, fasta: Path, plus: list[Path], minus: list[Path], output: int, jitter: int, track: Path
) -> None:
    """Write the values at the central bases of each window, with the margin by which training moves windows.

    Parameters
    ----------
    windows
        Window table; row i belongs to row i of the array.
    fasta
        Normalised genome.
    plus, minus
        bigWigs of both strands, to be summed; ``minus`` is empty for a track of both strands together.
    output, jitter
        Number of central bases for which networks predict, and the largest shift of a window in training, in bases.
    track
        Array to write: float32 (windows, strands, output + 2 * jitter). Bases without a value are 0.

    Raises
    ------
    InputError
        If a file is no bigWig or belongs to another genome, or a value is negative.
    """
    table = read_windows(windows)
    width = output + 2 * jitter
    starts = (table["start"] + (table["end"] - table["start"] - width) // 2).to_numpy()
    strands = [plus, minus] if minus else [plus]
    reader = StrandTracks(strands, Genome(fasta).sizes)
    with atomic_path(track) as partial:
        shape = (len(table), len(strands), width)
        array = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float32, shape=shape)
        reserve(partial)
        for contig, rows in table.groupby("contig", sort=False).indices.items():
            for block in np.array_split(rows, -(-len(rows) // BLOCK)):
                values = reader.read(contig, starts[block], width)
                if values.min() < 0:
                    raise _negative(plus[0], contig, float(values.min()))
                array[block] = values
        array.flush()


def _negative(file: Path, contig: str, value: float) -> InputError:
    return InputError(
        "the track has a negative value",
        file=file,
        found=f"{value:g} on {contig}",
        allowed="0 or more, for networks read the logarithm of 1 + the sum of a window",
        fix="give the signal itself, not its logarithm or a difference",
    )


if "snakemake" in globals():
    run_job(snakemake, extract_track)
