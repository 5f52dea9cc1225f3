"""The simulated ChIP-nexus reads start where the settings say, and every kind of read is there in its number."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_nexus import DEFAULTS, FLANK, NEXUS, SIMULATION, UNTIDY, SimulatedReads, simulate_genome

from genome_data.alphabet import reverse_complement
from simulation.nexus import READ_LENGTH, STOP_REACH, NexusSettings, footprints, mappable_ends, stop_kernel


@pytest.fixture(scope="module")
def genome(tmp_path_factory) -> Path:
    return simulate_genome(tmp_path_factory.mktemp("genome"))


@pytest.fixture(scope="module")
def simulated(genome, tmp_path_factory) -> SimulatedReads:
    return SimulatedReads(genome, tmp_path_factory.mktemp("nexus"), seed=5)


@pytest.fixture(scope="module")
def ends(simulated) -> dict[str, np.ndarray]:
    return simulated.ends("reads")


def test_reads_start_at_the_offsets_mirrored_on_the_other_strand(simulated, ends):
    own, other = DEFAULTS["offsets"]
    forward, reverse = (simulated.around(ends, "site", strand).sum(axis=0) for strand in "+-")
    assert (forward.argmax(axis=1) - FLANK).tolist() == [own, other]
    assert (reverse.argmax(axis=1) - FLANK).tolist() == [-other, -own]
    for strand, stop in ((0, own), (1, other)):
        towards = 1 if strand == 0 else -1
        short, beyond = (forward[strand, FLANK + stop + towards * distance] for distance in (-1, 1))
        assert short > 1.5 * beyond, "more reads start short of a stop than beyond it"
        pause = forward[strand, FLANK + stop - towards * DEFAULTS["pause_distance"]]
        assert pause > 2 * forward[strand, FLANK + stop - towards * (DEFAULTS["pause_distance"] - 4)]


def test_other_offsets_are_kept_as_exactly(genome, tmp_path):
    run = SimulatedReads(genome, tmp_path, seed=1, offsets=[-15, 13], stop_spread=0, pause_share=0, background=1e-4)
    forward, reverse = (run.around(run.ends("reads"), "site", strand).sum(axis=0) for strand in "+-")
    for sums, stops in ((forward, [-15, 13]), (reverse, [-13, 15])):
        assert (sums.argmax(axis=1) - FLANK).tolist() == stops
        assert sums.max(axis=1).sum() / sums.sum() > 0.98


def test_nothing_starts_at_decoys_nor_in_the_control(simulated, ends):
    control = simulated.ends("control")
    for values, kind in ((ends, "decoy"), (control, "site")):
        profile = np.concatenate([simulated.around(values, kind, strand) for strand in "+-"]).sum(axis=0)
        # Counts of the background are Poisson but for its regions; 5 standard deviations.
        assert profile.max() < profile.mean() + 5 * np.sqrt(profile.mean()) + 1
        assert profile.mean() < 3 * DEFAULTS["background"] * len(simulated.table) / 2


def test_control_shares_the_regions_of_the_background(simulated, ends):
    control, truth = simulated.ends("control"), simulated.truth()
    bins, at_decoys = 100, {}
    for name, values in (("sample", ends), ("control", control), ("truth", truth)):
        strands = values["chrA"][:, : 300_000 // bins * bins].sum(axis=0).reshape(-1, bins).sum(axis=1)
        at_decoys[name] = strands
    is_background = at_decoys["truth"] < 4 * DEFAULTS["background"] * 2 * bins
    sample, control_counts, expected = (at_decoys[name][is_background] for name in ("sample", "control", "truth"))
    assert expected.std() / expected.mean() > 0.3
    assert np.corrcoef(control_counts, expected)[0, 1] > 0.5
    assert np.corrcoef(sample, control_counts)[0, 1] > 0.3


@pytest.mark.parametrize("kind", ["reads", "control"])
def test_every_kind_of_read_is_there_in_its_number(simulated, kind):
    reads = simulated.alignments(kind)
    duplicates = [read for read in reads if read.is_duplicate]
    unmapped = [read for read in reads if read.is_unmapped]
    low_quality = [read for read in reads if not read.is_unmapped and read.mapping_quality < 10]
    good = [read for read in reads if not read.flag & UNTIDY and read.mapping_quality >= 10]
    for found, setting in ((duplicates, "duplicates"), (low_quality, "low_quality"), (unmapped, "unmapped")):
        assert len(found) == round(DEFAULTS[f"{setting}_per_read"] * len(good)) > 0
    assert len(reads) == len(good) + len(duplicates) + len(low_quality) + len(unmapped)
    assert len({read.query_name for read in reads}) == len(reads)
    places = {(read.reference_id, read.reference_start, read.is_reverse) for read in good}
    assert {(read.reference_id, read.reference_start, read.is_reverse) for read in duplicates} <= places


def test_bam_is_sorted_indexable_small_and_of_this_genome(genome, simulated):
    contigs = {
        name: rest.replace("\n", "").upper()
        for name, _, rest in (record.partition("\n") for record in (genome / "genome.fa").read_text().split(">")[1:])
    }
    for file in simulated.bams.values():
        pysam.index(str(file))
        with pysam.AlignmentFile(str(file)) as bam:
            assert dict(zip(bam.references, bam.lengths, strict=True)) == SIMULATION["contigs"]
            assert bam.header["HD"]["SO"] == "coordinate"
            assert bam.mapped + bam.unmapped == bam.count(until_eof=True)
            for read in bam.fetch("chrB"):
                word = contigs["chrB"][read.reference_start : read.reference_end]
                assert (read.query_sequence, len(word), "N" in word) == (word, READ_LENGTH, False)
        assert file.stat().st_size < 2e6


def test_truth_is_what_reads_are_drawn_from(simulated, ends):
    truth = simulated.truth()
    expected = sum(strands.sum() for strands in truth.values())
    found = sum(strands.sum() for strands in ends.values())
    sites = simulated.table[simulated.table["kind"] == "site"]
    mean = DEFAULTS["reads_per_site"]
    background = 2 * DEFAULTS["background"] * sum(SIMULATION["contigs"].values())
    assert expected == pytest.approx(mean * len(sites) + background, rel=0.05)
    # The variance of negative binomial counts; strong sites have more reads than the mean, hence the 3.
    assert abs(found - expected) < 5 * np.sqrt(expected + 3 * DEFAULTS["dispersion"] * mean**2 * len(sites))
    for strand in "+-":
        of_truth, of_reads = (simulated.around(values, "site", strand).sum(axis=0) for values in (truth, ends))
        assert np.corrcoef(of_truth.ravel(), of_reads.ravel())[0, 1] > 0.99
    by_site = [
        np.concatenate([simulated.around(values, "site", strand).sum(axis=(1, 2)) for strand in "+-"])
        for values in (truth, ends)
    ]
    overdispersion = ((by_site[1] - by_site[0]) ** 2 - by_site[0]).sum() / (by_site[0] ** 2).sum()
    assert overdispersion == pytest.approx(DEFAULTS["dispersion"], rel=0.5)


def test_more_reads_pause_where_the_flank_is_rich_in_g_and_c(simulated):
    reach = NexusSettings(**DEFAULTS).reach
    own, distance = DEFAULTS["offsets"][0], DEFAULTS["pause_distance"]
    words = np.zeros((2, 2 * reach + 1), dtype=np.uint8)
    words[1, reach + own - distance : reach + own] = 1
    sites = pd.DataFrame({"contig": ["at", "gc"], "start": reach - 10, "end": reach + 10, "strand": "+"})
    first, probabilities = footprints(dict(zip(["at", "gc"], words, strict=True)), sites, NexusSettings(**DEFAULTS))
    assert first.tolist() == [0, 0]
    at_pause = probabilities[:, 0, reach + own - distance] / stop_kernel(DEFAULTS["stop_spread"])[STOP_REACH]
    assert at_pause[1] == pytest.approx(DEFAULTS["pause_share"] / 2, rel=0.02)
    assert at_pause[0] < 0.01
    assert probabilities[0, 1] == pytest.approx(probabilities[1, 1])


@given(st.integers(0, 2**32 - 1), st.integers(6, 21))
def test_footprints_of_the_reverse_complement_are_mirrored_with_strands_exchanged(seed, motif_width):
    rng, length = np.random.default_rng(seed), 300
    codes = rng.integers(0, 5, length, dtype=np.uint8)
    starts = rng.integers(100, 180, 4)
    site = pd.DataFrame({"contig": "a", "start": starts, "end": starts + motif_width, "strand": list("+-+-")})
    mirrored = site.assign(start=length - site["end"], end=length - site["start"], strand=list("-+-+"))
    settings = NexusSettings(**DEFAULTS)
    first, probabilities = footprints({"a": codes}, site, settings)
    first_mirrored, mirror_image = footprints({"a": reverse_complement(codes)}, mirrored, settings)
    assert (first_mirrored == length - first - probabilities.shape[2]).all()
    assert mirror_image == pytest.approx(probabilities[:, ::-1, ::-1])
    assert probabilities.sum(axis=(1, 2)) == pytest.approx(1)


@given(st.lists(st.integers(0, 4), min_size=READ_LENGTH, max_size=130))
def test_reads_are_mapped_to_known_bases_alone(codes):
    codes = np.array(codes, dtype=np.uint8)
    is_mappable = mappable_ends(codes)
    for end in range(len(codes)):
        for strand, start in enumerate((end, end - READ_LENGTH + 1)):
            is_inside = start >= 0 and start + READ_LENGTH <= len(codes)
            assert is_mappable[strand, end] == (is_inside and 4 not in codes[start : start + READ_LENGTH])


def test_the_seed_decides_every_byte(genome, simulated, tmp_path):
    again, other = SimulatedReads(genome, tmp_path / "a", seed=5), SimulatedReads(genome, tmp_path / "b", seed=6)
    for first, same, different in zip(
        [*simulated.bams.values(), *simulated.tracks],
        [*again.bams.values(), *again.tracks],
        [*other.bams.values(), *other.tracks],
        strict=True,
    ):
        assert first.read_bytes() == same.read_bytes()
        assert first.read_bytes() != different.read_bytes()


def test_schema_describes_every_setting_and_an_empty_section_takes_the_defaults():
    assert set(NEXUS["properties"]) == set(NexusSettings.__dataclass_fields__)
    assert all(entry.get("description") for entry in NEXUS["properties"].values())
    jsonschema.validate(DEFAULTS, NEXUS)
    jsonschema.validate({}, NEXUS)
    for wrong in ({"offset": [-12, 9]}, {"offsets": [-12]}, {"dispersion": 0}, {"pause_share": 1.5}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, NEXUS)
