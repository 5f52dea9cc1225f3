"""A configuration for a peak file and a genome: ``python -m configuration.proposal PEAKS GENOME [NAME [OUT]]``.

It is complete and commented, so that its user can change it (`make config`).
"""

from __future__ import annotations

import json
import logging
import re
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import yaml

from genome_data.formats.peaks import read_peaks
from genome_data.formats.sequence_files import read_sequence
from genome_data.intervals.builds import alternative_contigs
from genome_data.intervals.contig_names import ContigSizes, all_other_names, is_mitochondrial
from genome_data.intervals.contigs import place
from genome_data.intervals.dealing import dealt_splits, windows_in
from genome_data.intervals.room import room_for_negatives
from genome_data.windows.strongest import require_choice, require_strengths
from workflow_support.errors import InputError
from workflow_support.files import atomic_path
from workflow_support.job import logger

#: Fewer peaks than this leave too few to train, to validate and to test on.
FEWEST = 100
#: More peaks take longer and hardly teach more; the strongest are also the surest.
MOST = 20_000
#: Bases of a window, and negatives for each positive.
WIDTH, RATIO = 200, 3
#: Distances of negatives from peaks, of which the first is taken that leaves room for one negative per positive: the
#: default, and half a window, so that they do not meet the window of a summit at the end of a peak.
MARGINS = (1000, WIDTH // 2)
#: The shortest run of N that is taken out of the room for negatives.
LONG_RUN = re.compile(rb"N{50,}")
#: Epochs of the default training, positives in a batch, passes over the positives, and the fewest steps of an epoch.
EPOCHS, POSITIVES, PASSES, FEWEST_STEPS = 24, 32, 10, 25
SEEDS = 3
#: Seconds of a training step with 64 windows of 200 bases on one core; docs/recipes.md has what whole runs took.
STEP = 0.045
#: Fewer peaks than this leave so few to test on that folds are worth their time, and the number of folds.
FEW, FOLDS = 1_000, 5
#: Names of the DNA of plastids, of which cells have as many copies as of that of mitochondria.
PLASTIDS = {"pt", "chrpt", "chrc", "chloroplast", "plastid"}
#: A name of a run and of a task.
NAME = r"[A-Za-z0-9][A-Za-z0-9_.+-]*"


def proposal(peaks: Path, genome: Path, name: str) -> str:
    """The configuration as YAML.

    Raises
    ------
    InputError
        If a file cannot be read, the peaks do not belong to the genome, or they are too few or too close together.
    """
    _require_usable(peaks, genome, name)
    lengths, unknown = _contents(genome)
    others = all_other_names(lengths, {})
    names = {name: contig for contig, listed in zip(lengths, others, strict=True) for name in listed.split()}
    sizes = ContigSizes(lengths, names)
    placed = place(read_peaks(peaks), sizes, peaks, "peaks")
    organelles = [contig for contig in sizes if is_mitochondrial(contig) or contig.lower() in PLASTIDS]
    unused = {*organelles, *alternative_contigs(sizes)}
    used = {contig: size for contig, size in sizes.items() if contig not in unused}
    rows = placed.intervals[placed.is_inside & placed.intervals["contig"].isin(used).to_numpy()]
    rows = rows.drop_duplicates(["contig", "summit"])
    if len(rows) < FEWEST:
        raise InputError(
            "there are too few peaks to train a network on",
            file=peaks,
            found=f"{len(rows)} peaks in different places on the chromosomes of {genome}",
            allowed=f"at least {FEWEST}",
            fix="call peaks with a weaker threshold, or join the peaks of replicates",
        )
    kept = _strongest(rows, peaks)
    try:
        splits = dealt_splits(kept, used, WIDTH)
    except ValueError as error:
        raise InputError(
            "the peaks cannot be dealt into splits",
            file=peaks,
            found=str(error),
            allowed="peaks on several contigs, or spread over one",
            fix="copy resources/examples/ctcf_chr21.yaml and write splits of your own",
        ) from error
    windows = windows_in(splits, kept, used, WIDTH)
    on_genome = placed.intervals[placed.is_known]
    ratio, margin = _negatives(peaks, genome, splits, windows, used, on_genome, unknown)
    return _text(peaks, genome, name, rows, kept, splits, windows, organelles, _negatives_text(ratio, margin))


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
    """A name from that of a file: what comes before the first dot, without signs that names cannot have."""
    return re.sub(r"[^A-Za-z0-9_+-]+", "_", path.name.split(".")[0]).strip("_+-") or "peaks"


def _require_usable(peaks: Path, genome: Path, name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise InputError(
            "a run cannot have this name",
            found=name,
            allowed="letters, digits and _ . + -, beginning with a letter or digit",
            fix=f"write NAME={name_of(Path(name))}",
        )
    for path in (peaks, genome):
        if not path.is_file():
            raise InputError(
                "there is no such file",
                file=path,
                found="nothing",
                allowed="a file on this computer",
                fix="check the path, or fetch the file",
            )
        if "{" in str(path) or not str(path).isprintable():
            raise InputError(
                "a configuration cannot name this file",
                file=path,
                found="a brace or a sign that cannot be printed",
                allowed="other paths",
                fix="rename the file, or make a link to it",
            )


def _strongest(rows: pd.DataFrame, peaks: Path) -> pd.DataFrame:
    """The strongest peaks of very many, where strengths tell which they are; otherwise all."""
    ranked = rows.sort_values("strength", ascending=False, kind="stable")
    try:
        require_strengths(ranked["strength"], MOST, peaks, [])
        require_choice(ranked["strength"].to_numpy(), MOST, peaks, [])
    except InputError:
        return rows
    return ranked[:MOST]


def _why_all(rows: pd.DataFrame) -> str:
    """Why `strongest` leaves out no peak."""
    if len(rows) <= MOST:
        return f"All {len(rows):,} peaks are used; `strongest: N` would keep the N strongest of more than {MOST:,}."
    return f"All {len(rows):,} peaks are used: the file has no strength that tells which {MOST:,} are the strongest."


def _contents(genome: Path) -> tuple[dict[str, int], pd.DataFrame]:
    """The length of every contig, and ``contig, start, end`` of long runs of N."""
    sizes: Counter[str] = Counter()
    runs = []
    for block in read_sequence(genome):
        first = sizes[block.contig]
        runs += [(block.contig, first + run.start(), first + run.end()) for run in LONG_RUN.finditer(block.letters)]
        sizes[block.contig] += len(block.letters)
    return dict(sizes), pd.DataFrame(runs, columns=["contig", "start", "end"]).astype({"contig": "str"})


def _negatives(
    peaks: Path,
    genome: Path,
    splits: Mapping[str, list[str]],
    windows: Mapping[str, int],
    used: Mapping[str, int],
    every_peak: pd.DataFrame,
    unknown: pd.DataFrame,
) -> tuple[int, int]:
    """Negatives for each positive, and their distance from peaks, for which every split has room."""
    for margin in MARGINS:
        room = room_for_negatives(splits, used, every_peak, unknown, WIDTH, margin)
        ratio = min(room.get(split, 0) // count for split, count in windows.items())
        if ratio >= 1:
            break
    else:
        places = "; ".join(f"{split}: {room.get(split, 0):,} for {count:,} peaks" for split, count in windows.items())
        raise InputError(
            "the genome has too little room for windows without peaks, which the networks learn to tell from peaks",
            file=peaks,
            found=f"windows of {WIDTH} bases, {margin} bases or more away from all peaks: {places}",
            allowed=f"at least one for each peak in each split of {genome}",
            fix="give the whole genome, or call peaks with a stronger threshold; peaks must be narrow, not domains",
        )
    if ratio < RATIO or margin < MARGINS[0]:
        logger.warning(
            "%s: little room away from peaks: %d negatives per peak instead of %d, %d bases or more from peaks",
            peaks,
            min(ratio, RATIO),
            RATIO,
            margin,
        )
    return min(ratio, RATIO), margin


def _negatives_text(ratio: int, margin: int) -> str:
    if margin == MARGINS[0] and ratio == RATIO:
        return f"negatives: {{ratio: {RATIO}}}"
    reason = f"# The genome has room for {ratio} per peak, {margin} bases or more away from all peaks."
    return f"{reason}\nnegatives: {{ratio: {ratio}, margin: {margin}}}"


def _text(
    peaks: Path,
    genome: Path,
    name: str,
    rows: pd.DataFrame,
    kept: pd.DataFrame,
    splits: Mapping[str, list[str]],
    windows: Mapping[str, int],
    extra: list[str],
    negatives: str,
) -> str:
    steps = max(FEWEST_STEPS, round(windows["train"] * PASSES / POSITIVES / EPOCHS))
    minutes = max(1, round(steps * EPOCHS * STEP * SEEDS / 60))
    strongest = (
        f"    strongest: {MOST}  # of {len(rows):,}: weaker peaks take longer and hardly teach more\n"
        if len(kept) < len(rows)
        else f"    # {_why_all(rows)}\n"
    )
    exclude = (
        f"      exclude: [{', '.join(map(_quoted, extra))}]  # copies of others, or mitochondria\n" if extra else ""
    )
    counts = (
        f"{windows['train']:,} peaks are to train on, {windows['validation']:,} to choose the best epoch, and "
        f"{windows['test']:,} to test the result on."
    )
    few = ""
    if sum(windows.values()) < FEW:
        few = (
            f"    # With so few peaks, `splits: {{folds: {FOLDS}}}` in place of the lines below tests them all, each\n"
            f"    # by networks that have not seen it. Training takes {FOLDS} times as long (docs/study.md#folds).\n"
        )
    contigs = rows["contig"].nunique()
    where = f"{contigs} contigs" if contigs > 1 else rows["contig"].iloc[0]
    width = (rows["end"] - rows["start"]).median()
    return f"""\
# {name}: {len(rows):,} peaks on {where}, with a median width of {width:,.0f} bp.
# Training takes about {minutes} min on one core. docs/configuration.md describes every key.
name: {_quoted(name)}

genomes:
  genome:
    fasta: {_quoted(str(genome))}
    # {counts}
{few}    splits:
      validation: {_listed(splits["validation"])}
      test: {_listed(splits["test"])}
{exclude}
# Windows are centred on summits, or on the middles of peaks.
windows: {{width: {WIDTH}}}
# Windows away from all peaks, with as many G and C; the networks learn to tell the two apart.
{negatives}

trainings:
  # Enough to see each bound window about {PASSES} times, or more if there are few.
  default_binary: {{epochs: {EPOCHS}, steps_per_epoch: {steps}}}

study:
  arms:
    # The network to begin with: docs/recipes.md has what it gave on peaks of known factors.
    large: {{network: large, training: default, representation: regular, kmer: 3, channels: 64}}
  # Networks from {SEEDS} starts; their scores are averaged.
  seeds: {list(range(1, SEEDS + 1))}

tasks:
  {_quoted(name)}:
    genome: genome
    peaks: {_quoted(str(peaks))}
{strongest}
# Which bases the networks look at, and the motif that they make up.
attribute:
  {_quoted(name)}:
    task: {_quoted(name)}
    arm: large

# Scores of regions, sequences or whole contigs, with a window every 20 bases: take away the # and give a file.
# predict:
#   mine: {{task: {_quoted(name)}, arm: large, regions: regions.bed}}
"""


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    """Text as YAML reads it back: plain if that is possible, otherwise in double quotation marks."""
    if re.fullmatch(r"[A-Za-z0-9_./+-]+", text) and yaml.safe_load(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False)


def main() -> None:
    peaks, genome, *names = sys.argv[1:]
    name = names[0] if names and names[0] else name_of(Path(peaks))
    out = Path(names[1]) if len(names) > 1 else Path(f"{name}.yaml")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        write_proposal(Path(peaks), Path(genome), name, out)
    except InputError as error:
        sys.exit(str(error))
    file = shlex.quote(str(out))
    print(f"{out} is written. To train and evaluate, and to gather all figures in one file:")
    print(f"  make run CONFIG={file}")
    print(f"  make report CONFIG={file}")
    print(f"Then begin with results/{name}/results.md.")


if __name__ == "__main__":
    main()
