"""Models in use: what they answer from Python and from a shell, and how they were packed."""

import json

import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch
from mean_answers import mean_logits
from pack_model import pack_model
from planted_profiles import ARCHITECTURE as PROFILE
from planted_windows import ARCHITECTURE, WIDTH, planted_codes
from saved_networks import files_of, save_replicates
from sent_models import CPU, sent_model
from sklearn.metrics import roc_auc_score
from write_model_card import write_model_card

from genome_data.alphabet import reverse_complement
from genome_data.windows.table import write_windows
from learning.models.saved import load as load_saved
from learning.predict import load, main
from study.glossary import LOGIT, glossary_text
from workflow_support.errors import InputError

REGULAR = ARCHITECTURE | {"window": WIDTH}
STANDARD = REGULAR | {"representation": "standard"}
LABELLED = {"representation": "regular", "kmer": 2, "channels": 8, "window": WIDTH, "classes": 3, "centred": True}


def letters(codes):
    return "".join("ACGTN"[code] for code in codes)


@pytest.fixture
def codes():
    return planted_codes(12, seed=3)[0]


def write_genome(file, size=600):
    generator = np.random.default_rng(0)
    sequence = "".join(generator.choice(list("ACGT"), size))
    lines = [sequence[start : start + 70] for start in range(0, size, 70)]
    file.write_text(">chrA\n" + "\n".join(lines) + "\n")
    return sequence


def test_sequences_have_the_mean_logits_of_all_networks(tmp_path, codes):
    folder, networks = sent_model(tmp_path / "model", {"regular": REGULAR}, seeds=(3, 5, 8))
    model = load(folder, threads=1)
    scores = model.predict([letters(row) for row in codes])
    assert scores == pytest.approx(mean_logits(networks, codes), abs=1e-6)
    turned = model.predict([letters(row) for row in reverse_complement(codes)])
    assert turned == pytest.approx(scores, abs=1e-5)


def test_a_network_of_several_that_are_trained_apart_is_sent_as_one(tmp_path, codes):
    large = {"geometry": "large", "representation": "irrep", "plus_fraction": 0.5, "kmer": 2, "channels": 8}
    folder, networks = sent_model(tmp_path / "model", {"large": large | {"window": WIDTH, "dense": 6}}, seeds=(3,))
    model = load(folder, threads=1)
    (network,) = networks
    kmers = network.in_type.indices(torch.from_numpy(codes).long())
    expected = (network.members[0](kmers) + network.members[1](kmers)).detach().numpy() / 2
    assert model.predict([letters(row) for row in codes]) == pytest.approx(expected, abs=1e-6)
    turned = model.predict([letters(row) for row in reverse_complement(codes)])
    assert turned == pytest.approx(expected, abs=1e-5)


def test_networks_of_two_arms_with_the_same_seeds_are_all_there(tmp_path, codes):
    arms = {"regular": REGULAR, "wide": REGULAR | {"channels": 24}}
    folder, networks = sent_model(tmp_path / "model", arms, seeds=(0, 1))
    model = load(folder, threads=1)
    assert len(model.networks) == 4
    assert model.predict([letters(row) for row in codes]) == pytest.approx(mean_logits(networks, codes), abs=1e-6)


def test_a_model_that_averages_strands_answers_alike_for_both(tmp_path, codes):
    plain, _ = sent_model(tmp_path / "plain", {"standard": STANDARD})
    averaged, _ = sent_model(tmp_path / "averaged", {"standard": STANDARD}, average_strands=True)
    sequences = [[letters(row) for row in strand] for strand in (codes, reverse_complement(codes))]
    one, other = (load(plain, threads=1).predict(each) for each in sequences)
    assert np.abs(one - other).max() > 1e-3
    for each in sequences:
        assert load(averaged, threads=1).predict(each) == pytest.approx((one + other) / 2, abs=1e-5)


def test_letters_in_lower_case_and_short_sequences_are_read_and_others_refused(tmp_path, codes):
    model = load(sent_model(tmp_path / "model", {"regular": REGULAR})[0], threads=1)
    sequence = letters(codes[0])
    lower, upper = model.predict([sequence.lower(), sequence])
    assert lower == upper
    assert model.predict(["ACCGTAGC"]).shape == (1,)
    for wrong in ([sequence + "A"], [""], ["ACGU"], ["ACGÜ"], []):
        with pytest.raises(InputError) as error:
            model.predict(wrong)
        assert error.value.fix


def test_more_classes_have_one_logit_each_and_no_score_of_regions(tmp_path):
    classes = ("a", "b", "c")
    folder, _ = sent_model(tmp_path / "model", {"labelled": LABELLED}, kind="labelled", classes=classes)
    model = load(folder, threads=1)
    assert model.predict(["ACGTACGT", "TTACA"]).shape == (2, 3)
    write_genome(tmp_path / "genome.fa")
    with pytest.raises(InputError, match="one score per window"):
        model.predict(tmp_path / "genome.fa")


def test_profile_models_answer_reads_and_refuse_sequences_without_their_track(tmp_path):
    codes = np.random.default_rng(0).integers(0, 4, (3, PROFILE["window"]), dtype=np.uint8)
    model = load(sent_model(tmp_path / "plain", {"profile": PROFILE}, kind="profile")[0], threads=1)
    reads = model.predict([letters(row) for row in codes])
    assert reads.shape == (3, 2, model.facts["output_length"])
    assert (reads >= 0).all()
    turned = model.predict([letters(row) for row in reverse_complement(codes)])
    assert turned[:, ::-1, ::-1] == pytest.approx(reads, rel=1e-4)
    arms = {"profile": PROFILE | {"control": True}}
    controlled = load(sent_model(tmp_path / "controlled", arms, kind="profile")[0], threads=1)
    with pytest.raises(InputError, match="control"):
        controlled.predict([letters(codes[0])])


def test_a_file_and_regions_give_a_table_whose_scores_are_those_of_the_windows(tmp_path):
    sequence = write_genome(tmp_path / "genome.fa")
    (tmp_path / "regions.bed").write_text(f"chrA\t100\t{100 + WIDTH}\tsite\nchrA\t300\t420\tlong\n")
    model = load(sent_model(tmp_path / "model", {"regular": REGULAR})[0], threads=1)
    table = model.predict(tmp_path / "genome.fa", tmp_path / "regions.bed", stride=40)
    assert table["name"].tolist() == ["site", *["long"] * 3]
    assert table["score"][0] == pytest.approx(model.predict([sequence[100 : 100 + WIDTH]])[0], abs=1e-4)
    assert len(model.predict(str(tmp_path / "genome.fa"), stride=100)) == 6


def test_the_command_line_writes_a_bigwig_and_a_table(tmp_path, capsys):
    write_genome(tmp_path / "genome.fa")
    (tmp_path / "regions.bed").write_text("chrA\t100\t300\n")
    folder, _ = sent_model(tmp_path / "model", {"regular": REGULAR})
    files = [str(tmp_path / name) for name in ("regions.bed", "genome.fa")]
    main([str(folder), *files, "-o", str(tmp_path / "scores.bw"), "--threads", "1"])
    table = pd.read_csv(tmp_path / "scores.tsv", sep="\t")
    with pyBigWig.open(str(tmp_path / "scores.bw")) as track:
        values = [value for _, _, value in track.intervals("chrA")]
    assert values == pytest.approx(table["probability"].tolist(), abs=1e-5)
    with pytest.raises(SystemExit, match="no such file"):
        main([str(folder), str(tmp_path / "absent.bed"), files[1], "-o", str(tmp_path / "scores.bw")])


@pytest.fixture
def packed(tmp_path):
    """The folder of a model of two arms of a planted task, its networks, and the test windows with their labels."""
    codes, labels = planted_codes(300, seed=0)
    table = pd.DataFrame({"contig": "chrA", "start": np.arange(300) * 100, "label": labels, "gc": 0.5})
    table = table.assign(end=table["start"] + WIDTH, name=[f"window_{row}" for row in table.index])
    table["split"] = np.repeat(["train", "validation", "test"], 100)
    write_windows(table, tmp_path / "windows.tsv")
    np.save(tmp_path / "codes.npy", codes)
    np.save(tmp_path / "near_copies.npy", np.arange(300) % 3 == 0)
    for name in ("one", "other"):
        save_replicates(tmp_path, name, REGULAR, {seed: {"arm": name} for seed in (0, 1)})
    (tmp_path / "peaks.bed").write_text("chrA\t0\t100\n")
    pairs = files_of(tmp_path, ["one", "other"])
    pack_model(
        windows=tmp_path / "windows.tsv",
        sequences=tmp_path / "codes.npy",
        extras=[],
        extra_names=[],
        near_copies=tmp_path / "near_copies.npy",
        **pairs,
        sources=[tmp_path / "peaks.bed"],
        source_keys=["tasks.planted.peaks"],
        settings={"genome": "small", "splits": {"validation": ["chrA:1-10"], "test": ["chrA:11-20"]}},
        kind="binary",
        task="planted",
        arm="both",
        size="all",
        average_strands=False,
        device="cpu",
        threads=1,
        description=tmp_path / "model/model.json",
        packed=tmp_path / "model/weights.safetensors",
    )
    networks = [network for pair in zip(*pairs.values(), strict=True) for network, _ in load_saved(*pair, CPU)]
    return tmp_path / "model", networks, codes[200:], labels[200:]


def test_a_packed_model_has_the_metrics_of_its_own_answer(packed):
    folder, networks, codes, labels = packed
    model = load(folder, threads=1)
    scores = model.predict([letters(row) for row in codes])
    assert scores == pytest.approx(mean_logits(networks, codes), abs=1e-5)
    found = model.facts["evaluation"]["metrics"]["AUROC"]
    assert found["value"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-6)
    assert found["low"] < found["value"] < found["high"]
    assert model.facts["evaluation"]["windows"] == 100
    assert model.facts["training_data"]["windows"]["train"] == {"unbound": 50, "bound": 50}
    assert model.facts["training_data"]["inputs"]["tasks.planted.peaks"]["file"] == "peaks.bed"
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "weights.safetensors"]


def test_the_card_says_what_the_description_says(packed, tmp_path):
    folder = packed[0]
    write_model_card(folder / "model.json", folder / "metrics.png", folder / "README.md")
    text, facts = (folder / "README.md").read_text(), json.loads((folder / "model.json").read_text())
    for expected in ("# planted.both", "60 bases", "mean of 4 networks", "`bound`", "metrics.png", facts["digest"]):
        assert expected in text
    assert f"{facts['evaluation']['metrics']['AUROC']['value']:.4f}" in text
    assert glossary_text(facts["evaluation"]["metrics"]) in text
    assert LOGIT in text
    assert "chrA:11-20" in text
    assert str(tmp_path) not in text


@pytest.fixture
def genome(tmp_path):
    write_genome(tmp_path / "genome.fa")
    (tmp_path / "regions.tsv").write_text("chrA\t30\t200\n")
    return tmp_path


@pytest.mark.parametrize("output", ["genome.fa", "regions.tsv", "regions.bw", "scores.tsv", "link.bw"])
def test_no_output_overwrites_an_input_or_the_other_output(genome, output):
    """The table lies beside the bigWig, with the suffix .tsv: regions.bw would overwrite regions.tsv."""
    folder, _ = sent_model(genome / "model", {"regular": REGULAR})
    (genome / "link.bw").symlink_to(genome / "genome.fa")
    before = {file: (genome / file).read_bytes() for file in ("genome.fa", "regions.tsv")}
    given = [folder, genome / "regions.tsv", genome / "genome.fa", "-o", genome / output, "--threads", "1"]
    with pytest.raises(SystemExit, match="would overwrite another file"):
        main(list(map(str, given)))
    assert {file: (genome / file).read_bytes() for file in before} == before
    assert not (genome / "scores.tsv").exists()


def test_the_strands_of_profiles_overwrite_no_input(genome):
    folder, _ = sent_model(genome / "model", {"rcps": PROFILE}, kind="profile", classes=())
    (genome / "genome.fa").rename(genome / "scores.plus.fa")
    model = load(folder, threads=1)
    with pytest.raises(InputError, match="would overwrite another file"):
        model.write(genome / "table.tsv", genome / "scores.fa", genome / "scores.plus.fa")


@pytest.mark.parametrize("options", [{"stride": 0}, {"stride": -5}, {"stride": 2.5}])
def test_a_stride_is_a_whole_number(genome, options):
    folder, _ = sent_model(genome / "model", {"regular": REGULAR})
    with pytest.raises(InputError, match="stride is no number of bases"):
        load(folder, threads=1).predict(genome / "genome.fa", **options)


@pytest.mark.parametrize("threads", [0, -1])
def test_threads_are_a_whole_number(tmp_path, threads):
    folder, _ = sent_model(tmp_path / "model", {"regular": REGULAR})
    with pytest.raises(InputError, match="threads is no number of processor cores"):
        load(folder, threads=threads)


@pytest.mark.parametrize("options", [{"regions": "regions.bed"}, {"tracks": {"control.plus": "control.bw"}}])
def test_what_belongs_to_a_genome_is_not_ignored_beside_a_list_of_sequences(tmp_path, options):
    folder, _ = sent_model(tmp_path / "model", {"regular": REGULAR})
    with pytest.raises(InputError, match="belong to a genome"):
        load(folder, threads=1).predict(["ACGT" * 5], **options)


def test_an_invisible_letter_is_named(tmp_path):
    folder, _ = sent_model(tmp_path / "model", {"regular": REGULAR})
    with pytest.raises(InputError, match=r"not allowed are \\n"):
        load(folder, threads=1).predict(["ACGT\n"])
