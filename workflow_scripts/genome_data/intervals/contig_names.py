"""Names of contigs: naming styles, the names by which files may call a contig, and words for names that differ."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from workflow_support.errors import InputError

from .builds import names_in_any_build, published_names

_NO_STYLE = "another style"
_STYLES = (
    ("UCSC (chr1)", re.compile(r"chr.+", re.IGNORECASE)),
    ("RefSeq (NC_000001.11)", re.compile(r"[NX][CTWZ]_\d+(\.\d+)?")),
    ("GenBank (CM000663.2)", re.compile(r"[A-Z]{1,6}\d{5,}(\.\d+)?")),
    ("Ensembl (1, X, MT)", re.compile(r"\d{1,2}[LR]?|[XYZW4]|MT|[IVX]+|Mito")),
)
_MITOCHONDRIA = {"m", "mt", "mito", "mtdna", "mitochondria", "mitochondrion", "mitochondrion_genome"}


class ContigSizes(dict[str, int]):
    """Length of every contig of a genome, in its order, and the other names by which files may call its contigs.

    Parameters
    ----------
    lengths
        Length of every contig.
    other_names
        Contig by other name. A name that is itself that of a contig keeps its own contig.
    """

    def __init__(self, lengths: Mapping[str, int], other_names: Mapping[str, str] | None = None) -> None:
        super().__init__(lengths)
        given = other_names or {}
        self.other_names = {name: contig for name, contig in given.items() if name not in self and contig in self}

    @classmethod
    def of(cls, sizes: Mapping[str, int]) -> ContigSizes:
        """The sizes themselves, or plain lengths as sizes without other names."""
        return sizes if isinstance(sizes, cls) else cls(sizes)

    def contig(self, name: str) -> str:
        """The contig that a file calls ``name``; the name itself if it is no other name of a contig."""
        return self.other_names.get(name, name)


def all_other_names(sizes: Mapping[str, int], given: Mapping[str, str]) -> list[str]:
    """The other names of each contig, separated by blanks: those of a configuration, then those of published builds.

    Parameters
    ----------
    sizes
        Length of every contig of a genome.
    given
        Contig by other name, as the configuration has them.

    Raises
    ------
    InputError
        If a name stands for a contig that the genome lacks, is that of another contig, or has a blank in it.
    """
    for name, contig in given.items():
        if contig not in sizes or (name in sizes and name != contig) or name != "".join(name.split()):
            raise InputError(
                "`contig_names` does not fit the genome",
                found=f"{name}: {contig}",
                allowed=f"the name in other files, without blanks, and a contig of the genome: {listed(list(sizes))}",
                fix="write the name of a contig of this genome on the right, and no other contig of it on the left",
            )
    names: dict[str, list[str]] = {contig: [] for contig in sizes}
    for name, contig in given.items():
        names[contig].append(name)
    for contig, length in sizes.items():
        names[contig] += [name for name in published_names(contig, length) if name not in given]
    return [" ".join(name for name in others if name not in sizes) for others in names.values()]


def read_other_names(contigs: Path) -> dict[str, str]:
    """The contig by each other name, from the table ``contigs.tsv`` of a genome; none without the table."""
    if not contigs.is_file():
        return {}
    table = pd.read_csv(contigs, sep="\t", dtype="str", keep_default_na=False)
    return {
        name: contig
        for contig, names in zip(table["contig"], table["other_names"], strict=True)
        for name in names.split()
    }


def unusable(name: str) -> str | None:
    """The reason why programs that read BED, bigWig or BAM cannot use a name of a contig; None if they can."""
    if invisible := _invisible_characters([name]):
        return f"it holds {invisible}"
    if foreign := [letter for letter in name if not letter.isascii()]:
        return f"it holds {foreign[0]!r}, which is not ASCII"
    if '"' in name:
        return "it holds a quotation mark"
    if name.startswith(("#", "track", "browser")):
        return "in a BED file, a line that begins like this is no interval"
    return None


def naming_style(names: Sequence[str]) -> str:
    """The naming convention that at least half of the names follow, or ``another style``."""
    counts = {style: sum(bool(pattern.fullmatch(name)) for name in names) for style, pattern in _STYLES}
    best = max(counts, key=counts.__getitem__)
    return best if 2 * counts[best] >= len(names) > 0 else _NO_STYLE


def suggested_names(found: Sequence[str], genome: Sequence[str]) -> dict[str, str]:
    """The contig of the genome that each name of a file seems to stand for; names without a single such contig lack.

    Names are compared without ``chr``, leading zeros, blanks and case, and by the names of published builds.
    """
    by_core: dict[str, list[str]] = {}
    for contig in genome:
        by_core.setdefault(_core(contig), []).append(contig)
    suggested = {}
    for name in found:
        cores = dict.fromkeys([_core(name), *map(_core, sorted(names_in_any_build(name.strip())))])
        candidates = {contig for core in cores for contig in by_core.get(core, [])}
        if len(candidates) == 1 and name not in candidates:
            suggested[name] = candidates.pop()
    return suggested


def advice(found: Sequence[str], genome: Sequence[str]) -> str:
    """The advice on making names mean contigs of the genome, with a mapping to paste; empty if they resemble none."""
    if invisible := _invisible_characters(found):
        return f"remove {invisible} from the names in the file"
    suggested = suggested_names(found, genome)
    return _mapping(suggested) if suggested else ""


def describe_mismatch(found: Sequence[str], genome: Sequence[str]) -> dict[str, str]:
    """Explain contig names that the genome lacks: ``found``, ``allowed`` and ``fix`` of an `InputError`."""
    found_style, genome_style = naming_style(found), naming_style(genome)
    suggested = suggested_names(found, genome)
    nearest = list(dict.fromkeys(each for name in found[:5] for each in difflib.get_close_matches(name, genome, n=3)))
    if invisible := _invisible_characters(found):
        fix = f"remove {invisible} from the names in the file"
    elif (suggested and len(found) > 1) or found_style != genome_style:
        fix = f"rename the contigs from {_in_words(found_style)} to {genome_style}, or use a genome in the same style"
        if found_style == genome_style:
            fix = "rename the contigs as the genome has them, to the letter"
        if edit := _edit(suggested):
            fix += f"; for a BED file: sed '{edit}'"
    elif suggested or nearest:
        fix = f"did you mean {' or '.join([*suggested.values(), *nearest][:5])}? Otherwise use the genome that has it"
    else:
        fix = "use the genome that has the contig, or leave the contig out"
    if suggested and not invisible:
        fix += f"; or, {_mapping(suggested)}"
    return {
        "found": f"{listed(found)}, in {_in_words(found_style)}",
        "allowed": f"{listed(genome)}, in {_in_words(genome_style)}",
        "fix": fix,
    }


def _in_words(style: str) -> str:
    return style if style == _NO_STYLE else f"the style {style}"


def listed(names: Sequence[str], shown: int = 5) -> str:
    """The first names, with escapes for characters that cannot be seen or told apart, and the number of the others."""
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(name if _is_plain(name) else ascii(name) for name in names[:shown]) + more


def _mapping(names: Mapping[str, str]) -> str:
    mapping = json.dumps(dict(names), ensure_ascii=False)
    return f"if they are the same, add to this genome in the configuration: contig_names: {mapping}"


def is_mitochondrial(name: str) -> bool:
    """Return True if a contig is a mitochondrion, by its name or another name in a published build."""
    return any(_core(each) == "m" for each in {name} | names_in_any_build(name))


def _core(name: str) -> str:
    """A name without what only styles differ in."""
    visible = "".join(letter for letter in name if letter.isprintable() and letter != " ").lower()
    core = re.sub(r"^(chromosome|chrom|chr)[_.-]?(?=.)", "", visible)
    core = re.sub(r"^0+(?=\d)", "", core)
    return "m" if core in _MITOCHONDRIA else core


def _is_plain(name: str) -> bool:
    return name.isascii() and name.isprintable() and " " not in name and name != ""


def _invisible_characters(names: Sequence[str]) -> str:
    """Blanks and other characters without a shape in the names, by their Unicode names; empty if there are none."""
    letters = dict.fromkeys(letter for name in names for letter in name if not letter.isprintable() or letter == " ")
    return ", ".join(f"{unicodedata.name(letter, 'CONTROL CHARACTER')} (U+{ord(letter):04X})" for letter in letters)


def _edit(suggested: Mapping[str, str]) -> str | None:
    """The edit of sed by which most of the names become those of the genome, if one prefix is all that differs."""
    edits = Counter(
        f"s/^{name.removesuffix(contig)}//" if name.endswith(contig) else f"s/^/{contig.removesuffix(name)}/"
        for name, contig in suggested.items()
        if name.endswith(contig) or contig.endswith(name)
    )
    return edits.most_common(1)[0][0] if edits else None
