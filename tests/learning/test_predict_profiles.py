"""Predicted reads of regions and contigs: their values, where they lie, both strands, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch
from planted_profiles import ARCHITECTURE, OUTPUT, WINDOW
from planted_windows import ARCHITECTURE as BINARY_ARCHITECTURE
from predict_profiles import predict_profiles
from saved_networks import files_of, save_network, save_replicates
from sequence_formats import fasta_text

from genome_data.alphabet import reverse_complement
from genome_data.genome import Genome, normalise_fasta
from workflow_support.errors import InputError

MARGIN = (WINDOW - OUTPUT) // 2
SIZES = {"chrB": 5 * OUTPUT, "chrA": 640, "tiny": 25, "gap": 300}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A genome of four contigs, of which one is N throughout, and one of the reverse complements of the others."""
    path = tmp_path_factory.mktemp("genomes")
    generator = np.random.default_rng(0)
    codes = {name: generator.integers(0, 4, size) for name, size in SIZES.items()}
    codes["gap"][:] = 4
    write_genome(path / "genome", codes)
    write_genome(path / "reverse", {name: reverse_complement(each) for name, each in codes.items()})
    return path


def write_genome(stem, codes):
    source = stem.with_suffix(".txt")
    source.write_text(fasta_text({name: "".join(np.array(list("ACGTN"))[each]) for name, each in codes.items()}))
    normalise_fasta(source, stem.with_suffix(".fa"), Path(f"{stem}.fa.fai"), stem.with_name("c"), stem.with_name("s"))


def saved_network(folder, seed, change=None, **architecture):
    def changed(network):
        network.head.totals.bias += 4  # some 50 reads, so that little is lost where totals below 0 are cut off
        if change is not None:
            change(network)

    return save_network(folder, seed, ARCHITECTURE | architecture, "profile", changed)


def predict(folder, tmp_path, seeds=(0,), regions=None, genome="genome", **arguments):
    bed = None
    if regions is not None:
        bed = tmp_path / "regions.bed"
        bed.write_text("".join("\t".join(map(str, region)) + "\n" for region in regions))
    files = {name: tmp_path / f"out.{name}" for name in ("tsv", "plus.bw", "minus.bw")}
    strands = {strand: arguments.pop(f"control_{strand}", []) for strand in ("plus", "minus")}
    names = [f"control.{strand}" for strand, tracks in strands.items() for _ in tracks]
    arguments = {"contigs": None, "average_strands": False} | arguments
    predict_profiles(
        **files_of(tmp_path, seeds),
        fasta=folder / f"{genome}.fa",
        regions=bed,
        tracks=[track for tracks in strands.values() for track in tracks],
        track_names=names,
        device="cpu",
        threads=1,
        table=files["tsv"],
        plus=files["plus.bw"],
        minus=files["minus.bw"],
        **arguments,
    )
    return pd.read_csv(files["tsv"], sep="\t"), read_tracks(files["plus.bw"], files["minus.bw"])


def read_tracks(*paths):
    """Values (2, bases) by contig; NaN where there is none."""
    tracks = [pyBigWig.open(str(path)) for path in paths]
    return {name: np.array([track.values(name, 0, size) for track in tracks]) for name, size in SIZES.items()}


def places(table):
    return list(table[["contig", "start", "end", "name"]].itertuples(index=False, name=None))


def outputs_of(network, folder, contig, start, control=None):
    """Probabilities and totals of the output that begins at ``start``, by the formula."""
    codes = torch.from_numpy(Genome(folder / "genome.fa").codes([contig], [start - MARGIN], WINDOW).astype(np.int64))
    with torch.inference_mode():
        logits, log_totals = network(codes) if control is None else network(codes, torch.from_numpy(control[None]))
    return torch.softmax(logits, 2)[0].numpy(), np.exp(log_totals[0].numpy().astype(float)) - 1


def write_track(path, values, sizes=SIZES):
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader(list(sizes.items()))
        for contig, numbers in values.items():
            track.addEntries(contig, 0, values=numbers.astype(float).tolist(), span=1, step=1)


def only_totals(network):
    """Make a network expect 2 reads a base on + and 0.5 on −, whatever it reads."""
    for parameter in network.parameters():
        parameter.zero_()
    network.head.totals.bias[:] = torch.log1p(torch.tensor([2.0, 0.5]) * OUTPUT)


def test_both_strands_of_a_constant_network_have_the_mean_of_its_totals(folder, tmp_path):
    """What it expects on + of the other strand belongs to − of the given one."""
    saved_network(tmp_path, 0, only_totals, representation="standard")
    table, tracks = predict(folder, tmp_path, regions=[("chrA", 100, 100 + OUTPUT)], average_strands=True)
    assert np.allclose(tracks["chrA"][:, 100 : 100 + OUTPUT], 1.25, rtol=1e-4)
    assert np.allclose(table[["reads_plus", "reads_minus"]], 1.25 * OUTPUT, rtol=1e-4)


def test_a_constant_network_spreads_its_total_evenly(folder, tmp_path):
    saved_network(tmp_path, 0, only_totals, representation="standard")
    table, tracks = predict(folder, tmp_path, regions=[("chrA", 100, 100 + OUTPUT + 10, "peak")])
    assert places(table) == [
        ("chrA", 100, 100 + OUTPUT, "peak"),
        ("chrA", 100 + OUTPUT, 110 + OUTPUT, "peak"),
    ]
    assert np.allclose(table[["reads_plus", "reads_minus"]], [[2 * OUTPUT, OUTPUT / 2], [20, 5]], rtol=1e-4)
    covered = tracks["chrA"][:, 100 : 110 + OUTPUT]
    assert np.allclose(covered, [[2.0], [0.5]], rtol=1e-4)
    assert np.isnan(np.delete(tracks["chrA"], np.arange(100, 110 + OUTPUT), axis=1)).all()


def test_replicates_are_averaged_in_probabilities_and_in_totals(folder, tmp_path):
    """Those of one file, and one of another."""
    networks = save_replicates(
        tmp_path, 0, ARCHITECTURE, {1: {}, 2: {}}, "profile", lambda each: each.head.totals.bias.add_(4)
    )
    networks.append(saved_network(tmp_path, 1, lambda network: network.head.totals.bias.add_(1)))
    table, tracks = predict(folder, tmp_path, seeds=(0, 1), regions=[("chrA", 200, 200 + OUTPUT)])
    answers = [outputs_of(network, folder, "chrA", 200) for network in networks]
    assert not np.allclose(answers[0][1], answers[2][1], rtol=0.5)
    probabilities, totals = (np.mean(each, axis=0) for each in zip(*answers, strict=True))
    assert not np.allclose(probabilities, answers[0][0], rtol=1e-2)
    assert np.allclose(tracks["chrA"][:, 200 : 200 + OUTPUT], probabilities * totals[:, None], rtol=1e-4)
    assert np.allclose(table[["reads_plus", "reads_minus"]], totals, rtol=1e-4)
    of_networks = np.std([each for _, each in answers], axis=0, ddof=1)
    assert np.allclose(table[["spread_plus", "spread_minus"]], of_networks, rtol=1e-3)


@pytest.mark.parametrize(
    ("region", "starts"),
    [
        ((0, 2 * OUTPUT), [0, OUTPUT]),
        ((300, 320), [310 - OUTPUT // 2]),
        ((560, 640), [560, 560 + OUTPUT + (80 - OUTPUT) // 2 - OUTPUT // 2]),
    ],
    ids=["at the start of a contig", "shorter than the output", "at the end of a contig"],
)
def test_every_base_is_that_of_its_own_centred_output(folder, tmp_path, region, starts):
    network = saved_network(tmp_path, 0)
    _, tracks = predict(folder, tmp_path, regions=[("chrA", *region)])
    expected = np.full((2, SIZES["chrA"] + WINDOW), np.nan)
    for number, start in enumerate(starts):
        probabilities, totals = outputs_of(network, folder, "chrA", start)
        tile = np.arange(region[0] + number * OUTPUT, min(region[0] + (number + 1) * OUTPUT, region[1]))
        expected[:, tile] = (probabilities * totals[:, None])[:, tile - start]
    assert np.allclose(tracks["chrA"], expected[:, : SIZES["chrA"]], rtol=1e-4, equal_nan=True)


def test_whole_contigs_are_covered_and_the_table_adds_up_to_the_tracks(folder, tmp_path):
    saved_network(tmp_path, 0)
    table, tracks = predict(folder, tmp_path)
    assert list(dict.fromkeys(table["contig"])) == ["chrB", "chrA", "tiny"]
    assert table["name"].equals(table["contig"])
    for row in table.itertuples():
        sums = tracks[row.contig][:, row.start : row.end].sum(axis=1)
        assert np.allclose(sums, [row.reads_plus, row.reads_minus], rtol=1e-4)
    for name in ("chrB", "chrA", "tiny"):
        assert (tracks[name] >= 0).all()
    assert np.isnan(tracks["gap"]).all()
    assert set(predict(folder, tmp_path, contigs=["chrA"])[0]["contig"]) == {"chrA"}


@pytest.mark.parametrize("representation", ["regular", "irrep"])
@pytest.mark.parametrize("with_control", [False, True])
def test_the_reverse_complement_of_a_contig_has_the_mirrored_track_of_the_other_strand(
    folder, tmp_path, representation, with_control
):
    fraction = {"plus_fraction": 0.5} if representation == "irrep" else {}
    saved_network(tmp_path, 0, representation=representation, control=with_control, **fraction)
    controls = [{}, {}]
    if with_control:
        reads = np.random.default_rng(1).poisson(0.5, (2, SIZES["chrB"]))
        for name, strands in (("forward", reads), ("reverse", reads[::-1, ::-1])):
            for strand, values in zip(("plus", "minus"), strands, strict=True):
                write_track(tmp_path / f"{name}.{strand}.bw", {"chrB": values})
        controls = [
            {f"control_{strand}": [tmp_path / f"{name}.{strand}.bw"] for strand in ("plus", "minus")}
            for name in ("forward", "reverse")
        ]
    _, forward = predict(folder, tmp_path, contigs=["chrB"], **controls[0])
    _, reverse = predict(folder, tmp_path, contigs=["chrB"], genome="reverse", **controls[1])
    assert np.allclose(reverse["chrB"][::-1, ::-1], forward["chrB"], rtol=1e-3)
    assert not np.allclose(reverse["chrB"][:, ::-1], forward["chrB"], rtol=1e-2)


def test_networks_of_other_architecture_are_averaged_on_both_strands(folder, tmp_path):
    """Each strand of each network counts as one more network; together they give one track from either strand."""
    saved_network(tmp_path, 0, representation="standard")
    saved_network(tmp_path, 1, representation="standard", kmer=3)
    asked = {"seeds": (0, 1), "contigs": ["chrB"], "average_strands": True}
    _, forward = predict(folder, tmp_path, **asked)
    _, reverse = predict(folder, tmp_path, genome="reverse", **asked)
    assert np.allclose(reverse["chrB"][::-1, ::-1], forward["chrB"], rtol=1e-3)
    _, one_strand = predict(folder, tmp_path, seeds=(0, 1), contigs=["chrB"])
    assert not np.allclose(one_strand["chrB"], forward["chrB"], rtol=1e-2)


def test_an_ordinary_network_does_not_predict_the_same_from_the_other_strand(folder, tmp_path):
    saved_network(tmp_path, 0, representation="standard")
    forward, reverse = (predict(folder, tmp_path, contigs=["chrB"], genome=name)[1] for name in ("genome", "reverse"))
    assert not np.allclose(reverse["chrB"][::-1, ::-1], forward["chrB"], rtol=1e-2)


def test_the_first_of_overlapping_regions_keeps_its_bases(folder, tmp_path):
    saved_network(tmp_path, 0)
    regions = [("chrA", 130, 160, "second"), ("chrA", 100, 100 + OUTPUT, "first")]
    together, tracks = predict(folder, tmp_path, regions=regions)
    assert together["name"].tolist() == ["first", "second"]
    alone, alone_tracks = predict(folder, tmp_path, regions=regions[1:])
    assert np.allclose(together.iloc[0, 4:].astype(float), alone.iloc[0, 4:].astype(float), rtol=1e-4, equal_nan=True)
    first = slice(100, 100 + OUTPUT)
    assert np.allclose(tracks["chrA"][:, first], alone_tracks["chrA"][:, first], rtol=1e-4)
    assert not np.isnan(tracks["chrA"][:, 100 + OUTPUT : 160]).any()


def test_totals_below_0_count_as_0_and_keep_their_bases(folder, tmp_path):
    network = saved_network(tmp_path, 0)
    totals = {start: outputs_of(network, folder, "chrA", start)[1] for start in range(100, 400, 10)}
    start = next(start for start in totals if start + 30 in totals and totals[start].max() < totals[start + 30].min())
    between = np.log((1 + totals[start].max()) * (1 + totals[start + 30].min())) / 2
    saved_network(tmp_path, 0, lambda network: network.head.totals.bias.sub_(float(between)))
    regions = [("chrA", start, start + OUTPUT), ("chrA", start + 30, start + 30 + OUTPUT)]
    table, tracks = predict(folder, tmp_path, regions=regions)
    assert (table.iloc[0, 4:6] == 0).all()
    assert (table.iloc[1, 4:6] > 0).all()
    assert (tracks["chrA"][:, start : start + OUTPUT] == 0).all()
    assert (tracks["chrA"][:, start + OUTPUT : start + 30 + OUTPUT] > 0).all()


def test_the_control_is_the_sum_of_its_sources_at_the_bases_predicted(folder, tmp_path):
    network = saved_network(tmp_path, 0, control=True)
    reads = np.random.default_rng(1).poisson(0.5, (2, 2, SIZES["chrA"])).astype(np.float32)
    controls = {"control_plus": [], "control_minus": []}
    for source in (0, 1):
        for strand, name in enumerate(controls):
            path = tmp_path / f"{name}.{source}.bw"
            write_track(path, {"chrA": reads[source, strand]})
            controls[name].append(path)
    summed = reads.sum(axis=0)
    middle = (10 - OUTPUT) // 2  # where the output for the first ten bases begins, before the contig
    padded = np.pad(summed, ((0, 0), (-middle + 1, 0)))
    # An odd region has two outputs beside its middle.
    expected = {
        ("chrA", 200, 200 + OUTPUT): {200: summed[:, 200 : 200 + OUTPUT]},
        ("chrA", 0, 10): {middle: padded[:, 1 : 1 + OUTPUT]},
        ("chrA", 0, 9): {middle - 1: padded[:, :OUTPUT], middle: padded[:, 1 : 1 + OUTPUT]},
        ("tiny", 0, 25): {first - OUTPUT // 2: np.zeros((2, OUTPUT), dtype=np.float32) for first in (12, 13)},
    }
    for (contig, start, end), controls_of in expected.items():
        _, tracks = predict(folder, tmp_path, regions=[(contig, start, end)], **controls)
        parts = []
        for first, control in controls_of.items():
            probabilities, totals = outputs_of(network, folder, contig, first, np.ascontiguousarray(control))
            parts.append((np.log(probabilities[:, start - first : end - first]), np.log1p(totals)))
        log_probabilities, log_totals = (np.mean(each, axis=0) for each in zip(*parts, strict=True))
        values = np.exp(log_probabilities) * np.expm1(log_totals)[:, None]
        assert np.allclose(tracks[contig][:, start:end], values, rtol=1e-3)


@pytest.mark.parametrize("with_control", [False, True])
def test_regions_of_any_length_have_the_mirrored_track_of_the_other_strand(folder, tmp_path, with_control):
    """Shorter than the output, odd and even, in the middle of a contig, at its ends and whole."""
    saved_network(tmp_path, 0, representation="irrep", plus_fraction=0.5, control=with_control)
    size = SIZES["chrA"]
    regions = [("chrA", 0, 7), ("chrA", 100, 100 + OUTPUT - 1), ("chrA", 300, 302), ("chrA", size - 12, size)]
    regions += [("tiny", 0, 25), ("chrB", 50, 50 + 2 * OUTPUT)]
    mirrored = [(contig, SIZES[contig] - end, SIZES[contig] - start) for contig, start, end in regions]
    controls = [{}, {}]
    if with_control:
        reads = np.random.default_rng(1).poisson(0.5, (2, size))
        for name, strands in (("forward", reads), ("reverse", reads[::-1, ::-1])):
            for strand, values in zip(("plus", "minus"), strands, strict=True):
                write_track(tmp_path / f"{name}.{strand}.bw", {"chrA": values})
        controls = [
            {f"control_{strand}": [tmp_path / f"{name}.{strand}.bw"] for strand in ("plus", "minus")}
            for name in ("forward", "reverse")
        ]
    _, forward = predict(folder, tmp_path, regions=regions, **controls[0])
    _, reverse = predict(folder, tmp_path, regions=mirrored, genome="reverse", **controls[1])
    for contig, start, end in regions:
        found = forward[contig][:, start:end]
        assert np.isfinite(found).all()
        assert np.allclose(reverse[contig][::-1, ::-1][:, start:end], found, rtol=1e-4, atol=1e-6)


def test_blocks_do_not_show(folder, tmp_path, monkeypatch):
    saved_network(tmp_path, 0)
    table, tracks = predict(folder, tmp_path)
    monkeypatch.setattr("learning.evaluation.genome_profiles.TILES_PER_BLOCK", 3)
    in_blocks, block_tracks = predict(folder, tmp_path)
    assert places(in_blocks) == places(table)
    assert np.allclose(in_blocks.iloc[:, 4:], table.iloc[:, 4:], rtol=1e-4, equal_nan=True)
    for name, values in tracks.items():
        assert np.allclose(block_tracks[name], values, rtol=1e-4, equal_nan=True)


@pytest.mark.parametrize(
    ("reads_control", "given", "words"),
    [
        (True, [], ["the networks read a control", "0.json", "0 bigWigs"]),
        (True, ["control_plus"], ["the networks read a control", "1 bigWigs of the control's + strand"]),
        (False, ["control_plus", "control_minus"], ["the networks read no control", "control.bw"]),
        (True, ["control_plus", "control_minus"], ["another genome build", "control.bw"]),
    ],
    ids=["missing", "of one strand", "needless", "of another genome"],
)
def test_a_control_that_does_not_fit_is_refused(folder, tmp_path, reads_control, given, words):
    saved_network(tmp_path, 0, control=reads_control)
    write_track(tmp_path / "control.bw", {"chrA": np.ones(600)}, {"chrA": 650})
    assert_refused(folder, tmp_path, words, **{name: [tmp_path / "control.bw"] for name in given})


def test_sequence_without_known_bases_is_refused(folder, tmp_path):
    saved_network(tmp_path, 0)
    assert_refused(folder, tmp_path, ["unknown bases", "genome.fa"], contigs=["gap"])


def test_models_of_another_kind_are_refused(folder, tmp_path):
    save_network(tmp_path, 0, BINARY_ARCHITECTURE | {"window": WINDOW})
    assert_refused(folder, tmp_path, ["models of profile tasks", "kind: binary"])


def assert_refused(folder, tmp_path, words, **arguments):
    with pytest.raises(InputError) as error:
        predict(folder, tmp_path, **arguments)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".partial", "out."))]
