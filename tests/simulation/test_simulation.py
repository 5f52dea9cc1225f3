"""The simulated experiment is what its truth table says, and its raw files are as untidy as real ones."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pyBigWig
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from simulate_experiment import simulate_experiment

from genome_data.alphabet import ASCII_TO_CODE, reverse_complement
from genome_data.motifs import Motif, read_motif
from simulation.layout import SLOT_WIDTH, SlotPool
from simulation.peaks import ABSENT_CONTIG, NARROWPEAK
from workflow_support.errors import InputError

RESOURCES = Path(__file__).parents[2] / "resources"
MOTIFS = {
    "CTCF": RESOURCES / "motifs" / "MA0139.2.CTCF.jaspar",
    "SPI1": RESOURCES / "motifs" / "MA0080.5.SPI1.jaspar",
}
SIMULATION = {
    "contigs": {"chrA": 400_000, "chrB": 300_030},
    "gc_range": [0.36, 0.54],
    "gc_block": 20_000,
    "tfs": {name: {"motif": str(path), "sites": 250} for name, path in MOTIFS.items()},
    "strength_range": [0.7, 1.2],
    "decoys_per_site": 2,
    "false_peak_fraction": 0.1,
    "signal_noise": 0.4,
    "summit_jitter": 20,
}


class SimulatedFiles:
    """Paths of one simulated experiment and readers of them."""

    def __init__(self, folder: Path, seed: int, **changes: object) -> None:
        self.fasta = folder / "genome.fa"
        self.peak_files, self.site_files, self.signal_files = (
            [folder / f"{name}{suffix}" for name in MOTIFS] for suffix in (".narrowPeak", ".sites.tsv", ".bw")
        )
        simulate_experiment(
            motifs=list(MOTIFS.values()),
            simulation=SIMULATION | changes,
            seed=seed,
            fasta=self.fasta,
            peaks=self.peak_files,
            sites=self.site_files,
            signal=self.signal_files,
        )

    @property
    def files(self) -> list[Path]:
        return [self.fasta, *self.peak_files, *self.site_files, *self.signal_files]

    def contigs(self) -> dict[str, str]:
        records = self.fasta.read_text().split(">")[1:]
        return {name: rest.replace("\n", "") for name, _, rest in (record.partition("\n") for record in records)}

    def peaks(self, factor: int) -> pd.DataFrame:
        return pd.read_csv(self.peak_files[factor], sep="\t", names=NARROWPEAK)

    def sites(self, factor: int) -> pd.DataFrame:
        return pd.read_csv(self.site_files[factor], sep="\t")

    def words(self, factor: int) -> np.ndarray:
        """Words of all sites and decoys in the FASTA file, read on their own strand."""
        contigs = self.contigs()
        words = []
        for site in self.sites(factor).itertuples():
            word = ASCII_TO_CODE[np.frombuffer(contigs[site.contig][site.start : site.end].encode(), np.uint8)]
            words.append(word if site.strand == "+" else reverse_complement(word))
        return np.array(words)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return SimulatedFiles(tmp_path_factory.mktemp("simulation"), seed=3)


def peaks_holding(sites: pd.DataFrame, peaks: pd.DataFrame) -> np.ndarray:
    """Number of peaks that overlap each site, by brute force."""
    contig, start, end = (peaks[key].to_numpy() for key in ("contig", "start", "end"))
    return np.array([((contig == s.contig) & (start < s.end) & (s.start < end)).sum() for s in sites.itertuples()])


def test_genome_has_the_contigs_of_the_config_and_looks_like_a_real_fasta(simulated):
    lines = simulated.fasta.read_text().splitlines()
    contigs = simulated.contigs()
    assert {name: len(bases) for name, bases in contigs.items()} == SIMULATION["contigs"]
    assert {len(line) for line in lines if not line.startswith(">")} == {60, 400_000 % 60, 300_030 % 60}
    whole = "".join(contigs.values())
    assert set(whole) == set("ACGTNacgtn")
    assert 0.3 < np.mean([letter.islower() for letter in whole]) < 0.6
    blocks = [whole[start : start + 20_000].upper() for start in range(0, 400_000, 20_000)]
    gc = [(block.count("G") + block.count("C")) / (len(block) - block.count("N")) for block in blocks]
    assert max(gc) - min(gc) > 0.08


@pytest.mark.parametrize("factor", [0, 1])
def test_truth_table_is_what_stands_in_the_fasta(simulated, factor):
    motif = read_motif(list(MOTIFS.values())[factor])
    sites = simulated.sites(factor)
    assert (sites["end"] - sites["start"] == motif.width).all()
    assert sites["log_odds"].to_numpy() == pytest.approx(motif.log_odds(simulated.words(factor)), abs=1e-4)


@pytest.mark.parametrize("factor", [0, 1])
def test_sites_carry_the_motif_on_both_strands_and_decoys_do_not(simulated, factor):
    sites = simulated.sites(factor)
    is_site = sites["kind"] == "site"
    assert is_site.sum() == 250
    assert (~is_site).sum() == 500
    assert set(sites["strand"]) == {"+", "-"}
    # Five standard errors of a fair coin.
    assert abs((sites["strand"][is_site] == "+").mean() - 0.5) < 5 * 0.5 / np.sqrt(250)
    assert sites["log_odds"][is_site].median() > 7
    assert sites["log_odds"][~is_site].quantile(0.95) < sites["log_odds"][is_site].quantile(0.05)
    assert sites[is_site]["strength"].corr(sites[is_site]["log_odds"]) > 0.25


@pytest.mark.parametrize("factor", [0, 1])
def test_peaks_lie_on_strong_sites_and_never_on_decoys(simulated, factor):
    sites, peaks = simulated.sites(factor), simulated.peaks(factor)
    overlapping = peaks_holding(sites, peaks)
    assert ((overlapping > 0) == (sites["in_peak"] == 1)).all()
    assert (sites["in_peak"][sites["kind"] == "decoy"] == 0).all()
    is_site = sites["kind"] == "site"
    assert 0.5 < sites["in_peak"][is_site].mean() < 0.98, "some weak sites are missed, most sites are found"
    found = sites[is_site].groupby("in_peak")["log_odds"].mean()
    assert found[1] > found[0] + 1


@pytest.mark.parametrize("factor", [0, 1])
def test_every_row_of_the_peaks_is_accounted_for(simulated, factor):
    sites, peaks = simulated.sites(factor), simulated.peaks(factor)
    called, false_peaks = sites["in_peak"].sum(), 25
    duplicates = round(0.02 * (called + false_peaks))
    assert len(peaks) == called + false_peaks + duplicates + 3
    assert peaks.duplicated(["contig", "start", "end"]).sum() == duplicates
    assert (peaks["contig"] == ABSENT_CONTIG).sum() == 1
    assert (peaks["start"] >= 0).all()
    assert (peaks["start"] < peaks["end"]).all()
    assert peaks["summit_offset"].between(0, peaks["end"] - peaks["start"] - 1).all()
    assert peaks["signal"].is_monotonic_decreasing
    assert peaks["name"].is_unique
    lengths = peaks["contig"].map(SIMULATION["contigs"])
    assert (peaks["end"] <= lengths.fillna(np.inf)).all()


def test_one_peak_lies_on_unknown_bases_and_one_at_the_end_of_a_contig(simulated):
    contigs, peaks = simulated.contigs(), simulated.peaks(0)
    here = peaks[peaks["contig"] != ABSENT_CONTIG]
    unknown = [set(contigs[row.contig][row.start : row.end]) <= set("Nn") for row in here.itertuples()]
    assert sum(unknown) == 1
    assert (here["start"] + here["summit_offset"] < 100).sum() == 1


def test_sites_lie_on_no_grid(simulated):
    sites = simulated.sites(0)
    starts = sites["start"][sites["kind"] == "site"].to_numpy()
    for period in (SLOT_WIDTH, 2 * SLOT_WIDTH):
        resultant = abs(np.exp(2j * np.pi * starts / period).mean())
        # Rayleigh's test of uniform phases, p = 0.001.
        assert len(starts) * resultant**2 < -np.log(0.001)


def test_coverage_rises_where_peaks_are(simulated):
    peaks = simulated.peaks(0)
    strongest = peaks[peaks["contig"] == "chrA"].head(50)
    with pyBigWig.open(str(simulated.signal_files[0])) as bigwig:
        assert bigwig.chroms() == SIMULATION["contigs"]
        at_peaks = [bigwig.stats("chrA", row.start, row.end)[0] for row in strongest.itertuples()]
        assert np.mean(at_peaks) > 5 * bigwig.stats("chrA", exact=True)[0]


def test_the_seed_decides_every_byte(simulated, tmp_path):
    again, other = SimulatedFiles(tmp_path / "again", seed=3), SimulatedFiles(tmp_path / "other", seed=4)
    for first, same, different in zip(simulated.files, again.files, other.files, strict=True):
        assert first.read_bytes() == same.read_bytes()
        assert first.read_bytes() != different.read_bytes()


def test_a_genome_without_room_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(InputError, match="no room for the sites of CTCF"):
        SimulatedFiles(tmp_path, seed=1, contigs={"chrA": 50_000})
    assert not list(tmp_path.iterdir())


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 30), min_size=1, max_size=4))
def test_slots_never_overlap(seed, counts):
    rng = np.random.default_rng(seed)
    contigs = {"a": rng.integers(0, 4, 100_000), "b": rng.integers(0, 4, 40_123)}
    pool = SlotPool.covering(contigs, rng)
    taken = [(slots, SLOT_WIDTH) for slots in (pool.take(count, "test") for count in counts)]
    taken.append((pool.subdivide(100).take(50, "test"), 100))
    used = {contig: np.zeros(len(codes), int) for contig, codes in contigs.items()}
    for slots, width in taken:
        for slot in slots.itertuples():
            used[slot.contig][slot.start : slot.start + width] += 1
    assert max(depth.max() for depth in used.values()) == 1
    assert sum(depth.sum() for depth in used.values()) == sum(counts) * SLOT_WIDTH + 50 * 100


def test_strength_moves_words_from_background_to_consensus():
    motif, rng = read_motif(MOTIFS["CTCF"]), np.random.default_rng(0)
    background, weak, itself, consensus = (
        motif.log_odds(motif.sample(np.full(4000, strength), rng)).mean() for strength in (0, 0.5, 1, 50)
    )
    columns = motif.log_odds_matrix
    assert background == pytest.approx(columns.mean(axis=1).sum(), abs=0.4)
    assert itself == pytest.approx((motif.probabilities * columns).sum(), abs=0.3)
    assert background < weak < itself < consensus
    assert consensus == pytest.approx(motif.best_log_odds, abs=0.5)


def test_decoys_hold_both_halves_in_the_wrong_order():
    words = np.arange(7) % 4
    counts = np.zeros((7, 4))
    counts[np.arange(7), words] = 1e9
    decoy = Motif("X", "X", counts).sample_decoys(np.ones(1), np.random.default_rng(0))[0]
    assert decoy.tolist() == [*words[4:], *words[:4]]


@pytest.mark.parametrize(
    ("path", "accession", "consensus"),
    [
        ("MA0139.2.CTCF.jaspar", "MA0139.2", "GCCACCAGGGGGCGC"),
        ("MA0080.5.SPI1.jaspar", "MA0080.5", "AAAAAAGAGGAAGTGAAAAA"),
        ("MA0058.4.MAX.jaspar", "MA0058.4", "CACGTG"),
    ],
)
def test_motif_files_are_the_matrices_that_their_names_promise(path, accession, consensus):
    motif = read_motif(RESOURCES / "motifs" / path)
    assert (motif.accession, f"{motif.accession}.{motif.name}.jaspar") == (accession, path)
    assert "".join("ACGT"[base] for base in motif.counts.argmax(axis=1)) == consensus


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n", 1),
        ("MA1 X\nA [ 1 ]\n", 1),
        (">MA1 X\nA [ 1 2 ]\nC [ 1 2 ]\nG [ 1 2 ]\n", 4),
        (">MA1 X\nA [ 1 2 ]\nC [ 1 ]\nG [ 1 2 ]\nT [ 1 2 ]\n", 5),
        (">MA1 X\nA [ 1 2 ]\nA [ 1 2 ]\nG [ 1 2 ]\nT [ 1 2 ]\n", 3),
        (">MA1 X\nA [ 1 x ]\n", 2),
    ],
)
def test_a_malformed_matrix_is_refused_with_its_line(tmp_path, text, line):
    path = tmp_path / "motif.jaspar"
    path.write_text(text)
    with pytest.raises(InputError, match=f"{path}, line {line}:"):
        read_motif(path)


def test_schema_describes_every_setting_and_admits_the_demo():
    schema = json.loads((RESOURCES / "schemas" / "simulation.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    simulation = yaml.safe_load((RESOURCES / "demo" / "config.yaml").read_text())["simulation"]
    jsonschema.validate(simulation, schema)
    assert all(entry.get("description") for entry in schema["properties"].values())
    assert set(schema["properties"]) == {"seed", *SIMULATION}
    with pytest.raises(jsonschema.ValidationError, match="decoys_per_sight"):
        jsonschema.validate(simulation | {"decoys_per_sight": 1}, schema)
