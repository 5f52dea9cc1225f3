"""The plan of the tiny run: its tasks, contestants, files and final outputs, written down by hand."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from study_run import ROWS
from workflow_rules import plan_of

from configuration import resolve
from configuration.documentation import SCHEMA_FILE
from figures.registry import arm_groups, figure_files, page_figures
from plan import Plan
from plan.study import families_with_several

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests/tiny.yaml"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of("tests/tiny.yaml")


def test_tasks_are_sorted_by_kind(plan: Plan) -> None:
    run = plan.run
    assert (run.binary, run.profile, run.labelled) == (["CTCF"], ["CTCF_nexus"], ["motifs"])
    assert run.classification == ["CTCF", "motifs"]
    assert run.on_genomes == ["CTCF", "CTCF_nexus"]
    assert run.with_control == ["CTCF_nexus"]
    assert run.genomes == ["simulated"]
    assert run.predictions_answering("profile") == ["profiles"]
    assert run.having("predict", "sequences") == ["oligos"]


def test_paths_lie_in_the_folder_of_the_run(plan: Plan) -> None:
    run = plan.run
    assert run.path("tasks/{task}/windows.tsv") == "results/tiny/tasks/{task}/windows.tsv"
    assert run.paths("{a}.{b}", a=["x", "y"], b=[1, 2]) == [
        f"results/tiny/{name}" for name in ("x.1", "x.2", "y.1", "y.2")
    ]
    assert run.paths("{a}.{b}", a=["x", "y"], b=[]) == []
    assert run.genome_file("genome.fa", "CTCF") == "results/tiny/genomes/simulated/genome.fa"
    assert run.setting("tasks", "CTCF", "windows", "width") == 100
    assert run.setting("tasks", "CTCF", "strongest") is None


def test_input_files_are_read_where_they_lie_or_from_downloads() -> None:
    checksum = {"location": "tests/oligos.fa", "checksum": "md5:" + "0" * 32}
    remote = "https://example.org/b.bed"
    genome = {
        "fasta": "results/tiny/simulation/genome.fa",
        "splits": {"validation": ["chrB:1-70000"], "test": ["chrB:70001-150000"]},
    }
    run = plan_of(
        "tests/tiny.yaml",
        {
            "genomes": {"simulated": genome | {"blacklist": remote}},
            "predict": {"oligos": {"task": "CTCF", "arm": "irrep_k1", "sequences": checksum}},
        },
    ).run
    assert run.local_path("tasks.CTCF.peaks") == "results/tiny/simulation/CTCF.narrowPeak"
    assert run.local_path("predict.oligos.sequences") == "results/tiny/downloads/predict.oligos.sequences"
    assert run.local_paths("genomes.simulated.blacklist", "genomes.other.blacklist") == [
        "results/tiny/downloads/genomes.simulated.blacklist"
    ]
    assert run.remote == ["genomes.simulated.blacklist"]
    assert run.verified == ["predict.oligos.sequences"]
    assert run.input_files()["simulation.tfs.CTCF.motif"] == "resources/motifs/MA0139.2.CTCF.jaspar"
    outputs = plan_of("tests/tiny.yaml", {"genomes": {"simulated": genome | {"blacklist": remote}}}).outputs.timed([])
    assert "results/tiny/downloads/genomes.simulated.blacklist" in outputs


def test_each_task_has_the_contestants_of_its_kind(plan: Plan) -> None:
    models = plan.models
    assert models.arms_for("CTCF") == ["standard", "irrep_k1", "irrep_k2", "hyperbolic"]
    assert models.contestants_for("CTCF") == [*models.arms_for("CTCF"), "post_hoc", "best", "pair"]
    assert models.shown_for("CTCF") == ["standard", "hyperbolic", "post_hoc", "best", "pair"]
    assert models.contestants_for("CTCF_nexus") == ["profile_rcps", "profile_mean"]
    assert models.arms_for("motifs") == ["labelled_standard", "labelled_hyperbolic", "labelled_irrep"]


def test_comparisons_know_which_combinations_are_chosen_by_other_seeds(plan: Plan) -> None:
    assert plan.study.compared()["chosen"] == ["best"]


def test_contestants_consist_of_arms_and_seeds(plan: Plan) -> None:
    models = plan.models
    assert models.members("best") == ["irrep_k1", "irrep_k2"]
    assert models.candidate_places("best") == [[0], [1]]
    assert models.members("pair") == ["irrep_k2"]
    assert models.candidate_places("pair") == [[0]]
    assert models.seeds("pair") == [[3, 4]]
    assert models.seeds("standard") == [[3], [4]]
    assert [models.average_strands(name) for name in ("post_hoc", "pair", "standard")] == [True, False, False]
    folder = "results/tiny/tasks/CTCF/models"
    assert models.member_files("models.json", "CTCF", "best", "0.5") == [
        f"{folder}/irrep_k1/0.5/models.json",
        f"{folder}/irrep_k2/0.5/models.json",
    ]


def test_files_of_models_are_named_by_task_contestant_and_size(plan: Plan) -> None:
    models, folder = plan.models, "results/tiny/tasks/CTCF_nexus/models"
    assert models.file("history.tsv") == "results/tiny/tasks/{task}/models/{arm}/{size}/history.tsv"
    assert models.sizes["CTCF_nexus", "profile_mean"] == ["0.5", "all"]
    assert models.files("profiles.npy", ["CTCF_nexus"]) == [
        f"{folder}/{name}/{size}/profiles.npy" for name in ("profile_rcps", "profile_mean") for size in ("0.5", "all")
    ]
    assert models.files("history.tsv", ["CTCF_nexus"], models.arms_for, main=True) == [
        f"{folder}/profile_rcps/all/history.tsv"
    ]
    assert (
        models.largest_file("profiles.npy", "CTCF_nexus", "profile_mean") == f"{folder}/profile_mean/all/profiles.npy"
    )
    scores = models.scores(["CTCF", "CTCF_nexus"], main=True)
    assert len(scores) == 7 + 1 + 2
    assert scores[7] == "results/tiny/tasks/CTCF/models/kmer_logistic_regression/all/evaluation.json"
    assert models.baseline_files("evaluation.json", "CTCF") == [
        f"results/tiny/tasks/CTCF/models/kmer_logistic_regression/{size}/evaluation.json" for size in ("0.5", "all")
    ]
    assert models.baseline_files("evaluation.json", "CTCF_nexus") == []


def test_networks_and_trainings_follow_kind_and_arm(plan: Plan) -> None:
    models = plan.models
    assert models.network("CTCF", "irrep_k2")["trunk"] == {"type": "convolutions", "kernel_widths": [9]}
    assert models.network("CTCF", "irrep_k2")["kmer"] == 2
    assert models.network("CTCF", "hyperbolic")["head"]["pooling"] == "centroid"
    assert models.network("motifs", "labelled_irrep")["trunk"]["dilations"] == [1]
    assert models.network("CTCF_nexus", "profile_rcps")["head"] == {"type": "profile", "profile_width": 7}
    assert models.training("CTCF", "standard")["steps_per_epoch"] == 3
    labelled = models.training("motifs", "labelled_standard")
    assert (labelled["batch_size"], labelled["reverse_complement_augmentation"]) == (16, True)
    assert {"device", "threads", "deterministic", "stacked_replicates"} <= labelled.keys()
    assert models.sequence_file("CTCF", "irrep_k2") == "results/tiny/tasks/CTCF/kmers.k2.npy"
    assert models.sequence_file("motifs", "labelled_irrep") == "results/tiny/tasks/motifs/codes.npy"
    assert models.extras("CTCF") == models.tracks("CTCF") == models.tracks("motifs") == {}
    assert models.extras("motifs") == {"classes": "results/tiny/tasks/motifs/classes.json"}
    assert models.tracks("CTCF_nexus") == {"control": "results/tiny/tasks/CTCF_nexus/control.npy"}
    assert models.extra_names("CTCF_nexus") == ["counts", "control"]
    assert models.extra_files("CTCF_nexus") == [
        f"results/tiny/tasks/CTCF_nexus/{name}.npy" for name in ("counts", "control")
    ]
    assert [models.kmer_lengths(task) for task in plan.run.tasks] == [[1, 2, 6], [1], [6]]


def test_inputs_of_tasks_and_checks(plan: Plan) -> None:
    inputs = plan.inputs
    assert inputs.blacklist("CTCF") == inputs.unlabelled("CTCF") == []
    assert [inputs.window_width(task) for task in ("CTCF", "CTCF_nexus")] == [100, 150 + 2 * 5]
    assert inputs.sequences("motifs") == ["tests/labelled.csv"]
    assert inputs.splits_of_sequences("motifs") is None
    assert inputs.peaks() == ["results/tiny/simulation/CTCF.narrowPeak"]
    assert inputs.is_genome("genomes.simulated.fasta")
    assert not inputs.is_genome("tasks.CTCF.peaks")
    splits = {"validation": ["chrB:1-70000"], "test": ["chrB:70001-150000"]}
    assert inputs.splits_in_use() == [(("genomes", "simulated", "splits"), "simulated", splits)]
    assert inputs.contigs_to_predict() == [
        (("predict", name, "contigs"), "simulated", ["chrB"]) for name in ("profiles", "everywhere")
    ]
    assert inputs.regions_to_predict() == []
    assert inputs.simulated_factors("nexus") == ["CTCF"]
    assert "nexus" not in inputs.simulation()["tfs"]["CTCF"]
    assert "seed" not in inputs.simulation()


def test_signal_of_a_profile_task_comes_from_its_reads(plan: Plan) -> None:
    profiles, folder = plan.profiles, "results/tiny/tasks/CTCF_nexus/signal"
    assert profiles.strand_files("counts", "plus", "CTCF_nexus") == [f"{folder}/counts.{n}.plus.bw" for n in (0, 1)]
    assert profiles.strand_files("control", "minus", "CTCF_nexus") == [f"{folder}/control.0.minus.bw"]
    assert profiles.strand_files("control", "minus", "CTCF") == []
    assert profiles.sample_labels("CTCF_nexus") == ["+", "+ 2", "−", "− 2"]
    assert profiles.sample_colours("CTCF_nexus") == ["#0072B2", "#0072B2", "#D55E00", "#D55E00"]
    assert profiles.read_labels("CTCF_nexus") == ["counts 1", "counts 2", "control"]
    assert profiles.read_files("bam", "CTCF_nexus")[2] == f"{folder}/control.0.bam"
    assert profiles.with_reads() == profiles.with_replicates() == ["CTCF_nexus"]
    assert profiles.motif_sites("CTCF_nexus") == ["results/tiny/simulation/CTCF.sites.tsv"]


def test_predictions_attributions_and_variants_use_the_largest_networks() -> None:
    attribute = {"why": {"task": "CTCF_nexus", "arm": "profile_rcps", "head": "counts"}}
    uses = plan_of("tests/tiny.yaml", {"attribute": attribute}).uses
    folder = "results/tiny/tasks"
    assert uses.model_files("predict", "models.json", "oligos") == [f"{folder}/CTCF/models/irrep_k1/all/models.json"]
    assert uses.model_files("variants", "models.json", "changes") == [f"{folder}/CTCF/models/irrep_k2/all/models.json"]
    assert not uses.average_strands("variants", "changes")
    assert uses.predicted_file("genome.fa", "oligos") == "results/tiny/predictions/oligos/genome.fa"
    assert uses.predicted_file("genome.fa", "everywhere") == "results/tiny/genomes/simulated/genome.fa"
    assert uses.predicted_track_names("profiles") == ["control.plus", "control.minus"]
    signal = f"{folder}/CTCF_nexus/signal/control.0"
    assert uses.predicted_tracks("profiles") == [f"{signal}.plus.bw", f"{signal}.minus.bw"]
    assert uses.explained_track_names("why") == ["control"]
    assert uses.explained_tracks("why") == [f"{folder}/CTCF_nexus/control.npy"]
    assert uses.explained_head("why") == "counts"
    assert uses.explained_genome("genome.fa", "why") == "results/tiny/genomes/simulated/genome.fa"
    assert uses.variant_genomes("genome.fa", "changes") == ["results/tiny/genomes/simulated/genome.fa"]
    assert uses.motif("changes") == ["resources/motifs/MA0139.2.CTCF.jaspar"]
    (scores,) = uses.predictions_of_peaks("changes")
    assert scores == f"{folder}/CTCF/models/pair/all/predictions.tsv"


def test_the_study_compares_and_draws_what_there_is(plan: Plan) -> None:
    study = plan.study
    assert study.metrics == {"CTCF": "AUROC", "CTCF_nexus": "Spearman 1 bp", "motifs": "AUROC"}
    assert study.references == {"CTCF": "standard", "CTCF_nexus": "profile_rcps", "motifs": "labelled_standard"}
    assert [Path(path).stem for path in page_figures(plan).values()] == [
        "study_arms",
        "study_kmer_sweep",
        "study_learning_curves",
        "study_gain",
        "place_of_site",
        "study_flips",
        "hyperbolicity",
        "calibration",
        "changes",
    ]
    # Titles are those of the report: capitals, and names of the configuration, stay as they are.
    assert list(page_figures(plan)) == [
        "Arms",
        "Arms by kmer",
        "Learning curves",
        "Gain against training size",
        "Scores by the place of the site",
        "Calls that differ between the strands",
        "Hyperbolicity of embeddings",
        "Calibration",
        "Effects of variants: changes",
    ]
    assert study.with_effects() == ["changes"]
    assert study.compared()["published"] == [{"task": "motifs", "metric": "Accuracy", "value": 0.9, "source": "a test"}]
    assert "irrep_k1" not in study.at_all_sizes()
    rows = {row["arm"]: row for row in study.arm_rows()}
    assert list(rows) == plan.models.contestants
    assert rows["labelled_standard"]["strands"] == "augmented"
    assert [rows[name]["combination"] for name in ("post_hoc", "best", "pair")] == [
        "standard on both strands",
        "best of irrep_k1, irrep_k2",
        "irrep_k2 x 2 seeds",
    ]
    assert len(study.embedding_distances()) == 4 + 3
    groups = arm_groups(plan)
    assert list(groups) == plan.models.contestants
    assert [groups[name] for name in ("standard", "hyperbolic", "pair")] == ["standard", "regular", "combination"]


def test_strands_of_one_arm_are_compared_with_nothing_and_not_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figure would be one empty dot."""
    monkeypatch.chdir(tmp_path)
    Path("s.csv").touch()
    sequences = {"all": "s.csv", "make_splits": {"validation": 0.2, "test": 0.2}}
    settings = {"name": "one", "tasks": {"words": {"kind": "labelled", "sequences": sequences}}}
    arm = {"representation": "rcps", "kmer": 1, "channels": 8}
    for arms in (["a"], ["a", "b"]):
        settings["study"] = {"arms": dict.fromkeys(arms, arm), "seeds": [1]}
        titles = list(page_figures(Plan(*resolve(settings, [], SCHEMA_FILE))))
        assert ("Calls that differ between the strands" in titles) == (len(arms) > 1)
        assert "Arms" in titles


def test_final_outputs_are_named_once_and_in_known_numbers(plan: Plan) -> None:
    checked = ("intervals.tsv", "regions.tsv", "widths/motifs.tsv")
    assert plan.outputs.checks() == [f"results/tiny/checked/{file}" for file in checked]
    times = ["results/tiny/rule_times.tsv", "results/tiny/arm_times.tsv", "results/tiny/disk_use.tsv"]
    final = plan.outputs.final(figure_files(plan))
    assert set(final) >= {*times, *plan.outputs.checks(), *plan.outputs.networks()}
    # The tables of times are made last, and name nothing of which a large study has thousands.
    models = plan.model_files.files()
    assert set(final) - set(plan.outputs.timed(figure_files(plan))) == {*times, *plan.outputs.networks(), *models}
    assert not [path for path, times in Counter(final).items() if times > 1]
    assert all(path.startswith("results/tiny/") for path in final)
    folders = Counter(path.split("/")[2] for path in final if path.count("/") > 2)
    suffixes = Counter(Path(path).name for path in final)
    assert folders["study"] == 12 + 1 + 2
    assert folders["checked"] == 2 + 1
    assert folders["genomes"] == 4
    assert folders["simulation"] == 1 + 3 + 4
    # Two sizes: 8 arms, 4 combinations and 2 baselines.
    assert suffixes["weights.safetensors"] - len(plan.model_files.contestants) == suffixes["history.tsv"] == 2 * 8
    # Of 8 arms and 4 combinations, one chooses.
    assert suffixes["model.json"] == suffixes["README.md"] == folders["models"] // 5 == 11
    assert suffixes["evaluation.json"] == 2 * (12 + 2)
    assert suffixes["profiles.npy"] == 2 * 2
    assert suffixes["embedding_distances.npy"] == 7
    assert {path for path in final if path.startswith("results/tiny/predictions/")} == {
        f"results/tiny/predictions/{name}"
        for name in (
            *("everywhere.tsv", "everywhere.bw", "oligos.tsv", "oligos.bw"),
            *("profiles.tsv", "profiles.plus.bw", "profiles.minus.bw"),
            *("oligos/genome.fa", "oligos/genome.fa.fai", "oligos/contigs.tsv", "oligos/chrom.sizes"),
        )
    }


def test_planning_needs_neither_torch_nor_matplotlib() -> None:
    code = "import sys, plan; sys.exit(bool({'torch', 'matplotlib'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow_scripts", check=True)


def test_families_have_several_values_of_what_was_listed() -> None:
    arms = {row["arm"]: {key: value for key, value in row.items() if key != "arm"} for row in ROWS}
    assert families_with_several(arms, "kmer") == ["regular"]
    assert families_with_several(arms, "plus_fraction") == ["irrep"]
    assert families_with_several({}, "kmer") == []
