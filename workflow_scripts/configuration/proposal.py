"""A configuration for a peak file and a genome: ``python -m configuration.proposal PEAKS GENOME OUT [NAME]``.

It is complete and commented, so that its user can change it (`make config`).
"""

from __future__ import annotations

import logging
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from genome_data.formats.peaks import read_peaks
from genome_data.formats.sequence_files import read_sequence
from genome_data.intervals.builds import alternative_contigs
from genome_data.intervals.contig_names import ContigSizes
from genome_data.intervals.contigs import place
from genome_data.intervals.dealing import dealt_splits
from workflow_support.errors import InputError
from workflow_support.files import atomic_path

#: Fewer peaks than this leave too few to train, to validate and to test on.
FEWEST = 100
#: More peaks take longer and hardly teach more; the strongest are also the surest.
MOST = 20_000
#: Bases of a window, and negatives for each positive.
WIDTH, RATIO = 200, 3
#: Epochs of the default training, positives in a batch, passes over the positives, and the fewest steps of an epoch.
EPOCHS, POSITIVES, PASSES, FEWEST_STEPS = 24, 32, 10, 25
SEEDS = 3
#: Seconds of a training step with 64 windows of 200 bases on one core (docs/measurements.md).
STEP = 0.035
#: Names of mitochondria, of which cells have so many that reads pile up there.
MITOCHONDRIA = re.compile(r"(chr)?(M|MT|Mito|mitochondrion.*)", re.IGNORECASE)


def proposal(peaks: Path, genome: Path, name: str) -> str:
    """The configuration as YAML.

    Raises
    ------
    InputError
        If a file cannot be read, the peaks do not belong to the genome, or there are too few of them.
    """
    sizes = ContigSizes.of(_sizes(genome))
    placed = place(read_peaks(peaks), sizes, peaks, "peaks")
    rows = placed.intervals[placed.is_inside]
    extra = [contig for contig in sizes if MITOCHONDRIA.fullmatch(contig)]
    rows = rows[~rows["contig"].isin(extra)]
    if len(rows) < FEWEST:
        raise InputError(
            "there are too few peaks to train a network on",
            file=peaks,
            found=f"{len(rows)} peaks on the contigs of {genome}",
            allowed=f"at least {FEWEST}",
            fix="call peaks with a weaker threshold, or join the peaks of replicates",
        )
    ranked = rows["strength"].notna().all() and rows["strength"].nunique() > 1
    kept = rows.nlargest(MOST, "strength") if ranked and len(rows) > MOST else rows
    unused = {*extra, *alternative_contigs(sizes)}
    splits = dealt_splits(
        kept[~kept["contig"].isin(unused)],
        {contig: size for contig, size in sizes.items() if contig not in unused},
    )
    return _text(peaks, genome, name, rows, kept, splits, extra)


def write_proposal(peaks: Path, genome: Path, name: str, out: Path) -> None:
    """Write the configuration to a file that is not there yet."""
    if out.exists():
        raise InputError(
            "there is a configuration of this name",
            file=out,
            found="a file",
            allowed="a name that no file has",
            fix="give another NAME, or delete the file",
        )
    text = proposal(peaks, genome, name)
    with atomic_path(out) as partial:
        partial.write_text(text, encoding="utf-8")


def name_of(path: Path) -> str:
    """A name for the task from that of its file: what comes before the first dot, if names may have such letters."""
    return re.sub(r"[^A-Za-z0-9_+-]+", "_", path.name.split(".")[0]).strip("_+-") or "peaks"


def _sizes(genome: Path) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for block in read_sequence(genome):
        sizes[block.contig] += len(block.letters)
    return dict(sizes)


def _text(
    peaks: Path,
    genome: Path,
    name: str,
    rows: pd.DataFrame,
    kept: pd.DataFrame,
    splits: Mapping[str, list[str]],
    extra: list[str],
) -> str:
    training = round(len(kept) * 0.65)
    steps = max(FEWEST_STEPS, round(training * PASSES / POSITIVES / EPOCHS))
    minutes = max(1, round(steps * EPOCHS * STEP * SEEDS / 60))
    strongest = (
        f"    strongest: {MOST}  # of {len(rows):,}: weaker peaks take longer and hardly teach more\n"
        if len(kept) < len(rows)
        else ""
    )
    exclude = (
        f"      exclude: [{', '.join(map(_quoted, extra))}]  # copies of others, or mitochondria\n" if extra else ""
    )
    contigs = rows["contig"].nunique()
    where = f"{contigs} contigs" if contigs > 1 else rows["contig"].iloc[0]
    width = (rows["end"] - rows["start"]).median()
    return f"""\
# {name}: {len(rows):,} peaks on {where}, with a median width of {width:,.0f} bp.
# Training takes about {minutes} min on one core. docs/configuration.md describes every key.
name: {name}

genomes:
  genome:
    fasta: {_quoted(str(genome))}
    # Peaks of the two splits below take no part in training. Validation chooses, test is looked at once.
    splits:
      validation: {_listed(splits["validation"])}
      test: {_listed(splits["test"])}
{exclude}
# Windows are centred on summits, or on the middles of peaks.
windows: {{width: {WIDTH}}}
# Windows away from all peaks, with as many G and C; the networks learn to tell the two apart.
negatives: {{ratio: {RATIO}}}

trainings:
  # Enough to see each bound window about {PASSES} times, or more if there are few.
  default_binary: {{epochs: {EPOCHS}, steps_per_epoch: {steps}}}

study:
  arms:
    # The network that did best on all factors that we have tried (docs/measurements.md).
    default: {{network: default, training: default, representation: regular, kmer: 3, channels: 64}}
  # Networks from {SEEDS} starts; their scores are averaged.
  seeds: {list(range(1, SEEDS + 1))}

tasks:
  {name}:
    genome: genome
    peaks: {_quoted(str(peaks))}
{strongest}
# Which bases the networks look at, and the motif that they make up.
attribute:
  {name}:
    task: {name}
    arm: default
"""


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./+-]*|/[A-Za-z0-9_./+-]+", text) else f'"{text}"'


def main() -> None:
    peaks, genome, out = map(Path, sys.argv[1:4])
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        write_proposal(peaks, genome, sys.argv[4] if len(sys.argv) > 4 else name_of(peaks), out)
    except InputError as error:
        sys.exit(str(error))
    print(f"{out} is written. Next:  .venv/bin/snakemake --configfile {out} --cores all")


if __name__ == "__main__":
    main()
