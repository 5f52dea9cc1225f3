"""Several genomes read as one: every contig of each, as it stands there, and none twice."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_windows import ARCHITECTURE, WIDTH
from saved_networks import files_of, save_network
from score_variants import score_variants

from genome_data.genome import Genome, JoinedGenome, normalise_fasta
from workflow_support.errors import InputError

LETTERS = np.random.default_rng(0).choice(list("ACGTN"), (3, 400), p=[0.24, 0.24, 0.24, 0.24, 0.04])
CONTIGS = {name: "".join(letters) for name, letters in zip(("one", "two", "three"), LETTERS, strict=True)}


def normalised(folder: Path, name: str, *contigs: str) -> Path:
    source, outputs = (
        folder / f"{name}.source.fa",
        [folder / f"{name}.{suffix}" for suffix in ("fa", "fa.fai", "c", "s")],
    )
    source.write_text("".join(f">{contig}\n{CONTIGS[contig]}\n" for contig in contigs))
    normalise_fasta(source, *outputs)
    return outputs[0]


@pytest.fixture
def genomes(tmp_path: Path) -> list[Path]:
    return [normalised(tmp_path, "first", "one", "two"), normalised(tmp_path, "second", "three")]


@pytest.mark.parametrize("order", [1, -1])
def test_it_has_the_contigs_of_all_with_their_bases(genomes: list[Path], order: int) -> None:
    joined = JoinedGenome(genomes[::order])
    assert dict(joined.sizes) == dict.fromkeys(CONTIGS, 400)
    for name, letters in CONTIGS.items():
        assert bytes(joined.bases(name)).decode() == letters


def test_windows_come_from_the_genome_of_their_contig(genomes: list[Path]) -> None:
    """In any order; what lies past the ends of a contig is N, not the neighbour in the file."""
    contigs, starts = ["three", "one", "three", "two", "one"], [0, 380, -10, 395, -20]
    windows = JoinedGenome(genomes).codes(contigs, starts, 30)
    for contig, start, window in zip(contigs, starts, windows, strict=True):
        padded = "N" * 30 + CONTIGS[contig] + "N" * 30
        assert "".join("ACGTN"[code] for code in window) == padded[start + 30 : start + 60]


def test_one_genome_joined_is_that_genome(genomes: list[Path]) -> None:
    alone, joined = Genome(genomes[0]), JoinedGenome(genomes[:1])
    assert dict(joined.sizes) == dict(alone.sizes)
    where = ["two", "one"], [3, 7], 50
    assert np.array_equal(joined.codes(*where), alone.codes(*where))


def test_a_contig_in_two_genomes_is_refused(genomes: list[Path], tmp_path: Path) -> None:
    again = normalised(tmp_path, "third", "three", "one")
    with pytest.raises(InputError, match="a contig is in two of the genomes") as caught:
        JoinedGenome([*genomes, again])
    assert (caught.value.file, caught.value.found) == (again, "one")
    with pytest.raises(InputError, match="a contig is in two"):
        JoinedGenome([genomes[0], genomes[0]])


def test_variants_on_two_genomes_score_as_on_each_alone(genomes: list[Path], tmp_path: Path) -> None:
    save_network(tmp_path, "arm", ARCHITECTURE | {"window": WIDTH})
    known = {name: [i for i in range(WIDTH, 340) if CONTIGS[name][i] != "N"][:5] for name in CONTIGS}
    rows = [(name, place + 1, "A" if CONTIGS[name][place] != "A" else "C") for name in known for place in known[name]]
    pd.DataFrame(rows, columns=["chrom", "pos", "alt"]).to_csv(tmp_path / "variants.tsv", sep="\t", index=False)

    def scores(*fastas: Path) -> pd.DataFrame:
        out = [
            tmp_path / name for name in ("table.tsv", "accounting.tsv", "dropped.tsv", "correlation.json", "nulls.tsv")
        ]
        score_variants(
            variants=tmp_path / "variants.tsv",
            columns={"contig": "chrom", "position": "pos", "alternative": "alt"},
            fastas=list(fastas),
            **files_of(tmp_path, ["arm"]),
            motif=None,
            predictions=None,
            nulls=0,
            average_strands=False,
            device="cpu",
            threads=1,
            **dict(zip(("table", "accounting", "dropped", "correlation", "null_table"), out, strict=True)),
        )
        return pd.read_csv(out[0], sep="\t")

    both = scores(*genomes)
    assert both["contig"].tolist() == [name for name, _, _ in rows]
    each = pd.concat([scores(genomes[0]), scores(genomes[1])], ignore_index=True)
    # Sums of another order in batches of another size: a small difference of scores has their rounding.
    pd.testing.assert_frame_equal(both, each, rtol=1e-5, atol=1e-6)
    assert both["difference"].abs().max() > 0
