"""Scores of regions and contigs: which windows, their values, and where the bigWig carries them."""

import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch
from mean_answers import mean_logits
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_windows import ARCHITECTURE, WIDTH
from predict_binding import predict_binding
from saved_networks import files_of, save_network, save_replicates

from genome_data.genome import Genome, normalise_fasta
from rc_equivariant import Ensemble, StrandAverage
from workflow_support.errors import InputError

LABELLED = {"representation": "regular", "kmer": 2, "channels": 8, "window": WIDTH}
SIZES = {"chrB": 1030, "chrA": 640, "tiny": 25, "gap": 300}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A genome of four contigs (one of them N throughout) and two replicates of a model in one file."""
    folder = tmp_path_factory.mktemp("predict")
    generator = np.random.default_rng(0)
    records = []
    for name, size in SIZES.items():
        letters = "N" * size if name == "gap" else "".join(generator.choice(list("ACGT"), size))
        records.append(f">{name}\n{letters}\n")
    (folder / "source.fa").write_text("".join(records))
    normalise_fasta(folder / "source.fa", folder / "genome.fa", folder / "genome.fa.fai", folder / "c", folder / "s")
    return folder, save_replicates(folder, "arm", ARCHITECTURE | {"window": WIDTH}, {0: {}, 1: {}})


def predict(run, regions=None, contigs=None, stride=100, names=("arm",), average_strands=False):
    folder, _ = run
    bed = None
    if regions is not None:
        bed = folder / "regions.bed"
        bed.write_text("".join("\t".join(map(str, region)) + "\n" for region in regions))
    table, bigwig = folder / "scores.tsv", folder / "scores.bw"
    table.unlink(missing_ok=True)
    bigwig.unlink(missing_ok=True)
    predict_binding(
        **files_of(folder, names),
        fasta=folder / "genome.fa",
        regions=bed,
        contigs=contigs,
        stride=stride,
        average_strands=average_strands,
        device="cpu",
        threads=1,
        table=table,
        bigwig=bigwig,
    )
    with pyBigWig.open(str(bigwig)) as track:
        intervals = {name: list(track.intervals(name) or []) for name in track.chroms()}
    return pd.read_csv(table, sep="\t"), intervals


def places(table):
    return list(table[["contig", "start", "end"]].itertuples(index=False, name=None))


def test_a_region_is_tiled_with_centred_windows(run):
    table, track = predict(run, regions=[("chrA", 100, 350)])
    assert places(table) == [("chrA", 120, 180), ("chrA", 220, 280), ("chrA", 295, 355)]
    assert [tile[:2] for tile in track["chrA"]] == [(100, 200), (200, 300), (300, 350)]


def test_a_short_region_has_one_window_on_its_centre(run):
    table, track = predict(run, regions=[("chrA", 200, 240)], stride=10)
    assert places(table) == [("chrA", 190, 250)]
    assert [tile[:2] for tile in track["chrA"]] == [(215, 225)]


def test_scores_are_mean_logits_and_their_sigmoid(run):
    folder, networks = run
    table, track = predict(run, regions=[("chrA", 100, 400), ("chrB", 200, 300)])
    codes = Genome(folder / "genome.fa").codes(table["contig"], table["start"], WIDTH)
    logits = (mean_logits(networks[:1], codes) + mean_logits(networks[1:], codes)) / 2
    assert np.allclose(table["score"], logits, atol=1e-5)
    assert np.allclose(table["probability"], 1 / (1 + np.exp(-logits)), atol=1e-5)
    carried = [value for name in ("chrB", "chrA") for _, _, value in track[name]]
    assert np.allclose(carried, table["probability"], atol=1e-5)
    of_networks = [mean_logits([network], codes) for network in networks]
    assert np.allclose(table["spread"], np.std(of_networks, axis=0, ddof=1), atol=1e-5)
    assert table["spread"].gt(1e-3).all()


def test_overlapping_unsorted_regions_keep_their_rows_in_genome_order(run):
    regions = [
        ("chrA", 300, 500, "late"),
        ("chrB", 0, 100, "."),
        ("chrA", 100, 350, "long"),
        ("chrA", 120, 130, "inner"),
    ]
    table, track = predict(run, regions=regions)
    assert table["contig"].tolist() == ["chrB"] + ["chrA"] * 6
    assert table["name"].tolist() == ["chrB:0-100", "long", "inner", "long", "long", "late", "late"]
    for region in regions[::2]:
        alone = predict(run, regions=[region])[0]
        together = table[table["name"] == region[3]].reset_index(drop=True)
        pd.testing.assert_frame_equal(together, alone, rtol=1e-5)  # batches differ, and so does rounding
    assert [tile[:2] for tile in track["chrA"]] == [(100, 200), (200, 300), (300, 350), (350, 400), (400, 500)]
    carried = np.array([value for _, _, value in track["chrA"]])
    assert np.allclose(carried, table["probability"].to_numpy()[[1, 3, 4, 5, 6]], atol=1e-5)


def test_names_are_those_of_the_file_or_the_place(run):
    assert predict(run, regions=[("chrA", 100, 140)])[0]["name"].tolist() == ["chrA:100-140"]
    assert predict(run, regions=[("chrA", 100, 140, "GATA1_enhancer", 0, "+")])[0]["name"].tolist() == [
        "GATA1_enhancer"
    ]
    table = predict(run)[0]
    assert table["name"].equals(table["contig"])


def test_the_share_of_unknown_bases_is_beside_each_score_and_short_sequences_are_warned_of(run, caplog):
    """A window of 60 bases has 35 or 36 too many for a contig of 25, and 10 past the start of a longer one."""
    table, _ = predict(run, regions=[("chrA", 0, 40), ("chrA", 200, 260)])
    assert table["unknown"].tolist() == pytest.approx([10 / 60, 0], abs=1e-6)
    assert "unknown" not in caplog.text
    table, _ = predict(run, regions=[("chrA", 200, 260), ("tiny", 0, 25)])
    assert table["unknown"].tolist() == pytest.approx([0, 36 / 61], abs=1e-6)
    assert "1 of 2 windows have more unknown bases than known ones" in caplog.text


def test_all_contigs_are_covered_but_for_unknown_sequence(run):
    table, track = predict(run)
    assert list(dict.fromkeys(table["contig"])) == ["chrB", "chrA", "tiny"]
    for name in ("chrB", "chrA"):
        edges = np.array([tile[:2] for tile in track[name]])
        assert (edges[0, 0], edges[-1, 1]) == (0, SIZES[name])
        assert np.array_equal(edges[1:, 0], edges[:-1, 1])
    assert places(table)[-1] == ("tiny", 0, 25)
    assert track["gap"] == []


def test_named_contigs_only(run):
    assert set(predict(run, contigs=["chrA"])[0]["contig"]) == {"chrA"}


def test_blocks_do_not_show(run, monkeypatch):
    whole = predict(run, stride=30)
    monkeypatch.setattr("learning.evaluation.genome_scores.TILES_PER_BLOCK", 7)
    blocks = predict(run, stride=30)
    numbers = ["score", "probability", "spread"]
    assert blocks[0].drop(columns=numbers).equals(whole[0].drop(columns=numbers))
    assert np.allclose(blocks[0][numbers], whole[0][numbers], atol=1e-5)
    assert [tile[:2] for tile in blocks[1]["chrB"]] == [tile[:2] for tile in whole[1]["chrB"]]


def test_regions_on_other_contigs_are_left_out(run):
    assert places(predict(run, regions=[("chrZ", 5, 10), ("tiny", 5, 15)])[0]) == [("tiny", 0, 25)]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"regions": [("chrA", 600, 641), ("chrA", 600, 650)]}, ["regions.bed, line 1", "0 to 640", "build"]),
        ({"regions": [("A", 0, 100), ("B", 0, 9)]}, ["regions.bed", "no contig of the file", "chrA"]),
        ({"regions": [("chrA", 90, 80)]}, ["regions.bed, line 1"]),
        ({"contigs": ["chrA", "chrC"]}, ["chrC", "chrB"]),
        ({"contigs": ["gap"]}, ["unknown bases", "genome.fa"]),
    ],
)
def test_bad_requests_are_named_and_leave_nothing(run, chosen, words):
    with pytest.raises(InputError) as error:
        predict(run, **chosen)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert not [path for path in run[0].iterdir() if path.name.startswith((".partial", "scores"))]


def test_networks_of_other_architecture_answer_together_on_both_strands(run):
    folder, networks = run
    standard = save_network(
        folder, "standard", ARCHITECTURE | {"window": WIDTH, "representation": "standard", "kmer": 3}
    )
    region = [("chrA", 100, 400)]
    table, _ = predict(run, regions=region, names=("arm", "standard"), average_strands=True)
    codes = Genome(folder / "genome.fa").codes(table["contig"], table["start"], WIDTH)
    with torch.inference_mode():
        expected = StrandAverage(Ensemble([*networks, standard])).eval()(torch.from_numpy(codes).long())
    assert np.allclose(table["score"], expected, atol=1e-5)
    assert not np.allclose(predict(run, regions=region, names=("arm", "standard"))[0]["score"], expected, atol=1e-2)


#: Sequences of these lengths beside windows of WIDTH and WIDTH + 1 bases are odd and even, short and long.
LENGTHS = (1, 8, 9, WIDTH - 3, WIDTH - 2, WIDTH - 1, WIDTH, WIDTH + 1, 2 * WIDTH)


@pytest.mark.parametrize(
    ("kind", "own", "average_strands"),
    [
        ("binary", ARCHITECTURE | {"representation": "irrep", "kmer": 3, "plus_fraction": 0.75}, False),
        ("binary", ARCHITECTURE | {"representation": "standard"}, True),
        ("binary", ARCHITECTURE | {"representation": "standard", "kmer": 2, "conjoined": True}, False),
        ("labelled", LABELLED | {"centred": True}, False),
        ("labelled", LABELLED | {"representation": "standard", "centred": True}, True),
        ("labelled", LABELLED, False),
        (
            "labelled",
            {"geometry": "hyperbolic", "representation": "irrep", "plus_fraction": 0.75, "kmer": 3, "channels": 8,
             "blocks": 2, "width": 3, "dense": 9, "head": "flatten", "centred": True},
            False,
        ),
    ],
    ids=["irrep", "post hoc", "conjoined", "labelled", "labelled, post hoc", "labelled, of before", "hyperbolic"],
)  # fmt: skip
@pytest.mark.parametrize("window", [WIDTH, WIDTH + 1])
def test_a_sequence_and_its_reverse_complement_have_the_same_score(tmp_path, kind, own, average_strands, window):
    """Sequences as a user gives them, of odd and even length, each of them a contig of a file."""
    save_network(tmp_path, "any", own | {"window": window}, kind)
    generator = np.random.default_rng(3)
    scores = []
    codes = [generator.integers(0, 4, length) for length in LENGTHS]
    for name, strands in (("forward", codes), ("reverse", [3 - each[::-1] for each in codes])):
        texts = {f"s{len(each)}": "".join(np.array(list("ACGT"))[each]) for each in strands}
        (tmp_path / f"{name}.txt").write_text("".join(f">{key}\n{text}\n" for key, text in texts.items()))
        (tmp_path / name).mkdir()
        files = [tmp_path / name / each for each in ("genome.fa", "genome.fa.fai", "c", "s")]
        normalise_fasta(tmp_path / f"{name}.txt", *files)
        for model in tmp_path.glob("any.*"):
            (tmp_path / name / model.name).write_bytes(model.read_bytes())
        table, _ = predict((tmp_path / name, None), names=["any"], stride=WIDTH, average_strands=average_strands)
        scores.append(table.groupby("name", sort=False)["score"].apply(sorted).explode().astype(float))
    forward, reverse = scores
    assert np.ptp(forward) > 1e-3
    assert len(forward) >= len(LENGTHS)
    # The sequence of WIDTH + 1 bases leaves a tile of one base at its end, which is elsewhere on the other strand.
    tiled = (forward.index == f"s{WIDTH + 1}") & (window == WIDTH)
    assert np.allclose(forward[~tiled], reverse[~tiled], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("architecture", "kind", "words"),
    [
        (ARCHITECTURE | {"window": WIDTH - 20}, "binary", ["the same inputs and outputs", "'window': 40"]),
        (PROFILE_ARCHITECTURE, "profile", ["binary or labelled tasks", "kind: profile"]),
        (LABELLED | {"classes": 3}, "labelled", ["the same inputs and outputs", "'classes': 3"]),
    ],
    ids=["another window", "another kind", "more classes"],
)
def test_networks_that_do_not_go_together_are_refused(run, architecture, kind, words):
    folder, _ = run
    save_network(folder, "other", architecture, kind)
    with pytest.raises(InputError) as error:
        predict(run, names=("arm", "other"))
    assert error.value.file == folder / "other.json"
    assert all(word in str(error.value) for word in words), str(error.value)


def test_networks_of_two_labelled_classes_have_a_score_and_of_more_are_refused(run):
    folder, _ = run
    network = save_network(folder, "two", LABELLED, "labelled")
    region = [("chrA", 100, 400)]
    table, _ = predict(run, regions=region, names=["two"])
    codes = Genome(folder / "genome.fa").codes(table["contig"], table["start"], WIDTH)
    assert np.allclose(table["score"], mean_logits([network], codes), atol=1e-5)
    save_network(folder, "three", LABELLED | {"classes": 3}, "labelled")
    with pytest.raises(InputError, match="two classes") as error:
        predict(run, regions=region, names=["three"])
    assert error.value.found == "3 classes"
