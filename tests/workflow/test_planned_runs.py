"""What the workflow plans for the configurations of the checkout, and how it refuses bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkout import ROOT, TINY, Checkout
from study_configurations import CURVATURE, LONG_RUNS, RUNS, STUDIES, resolve_files

from configuration import arms_for, train_sizes

STUDY = ["--configfile", "config.yaml"]


def test_the_study_is_planned(checkout: Checkout) -> None:
    """A job for all seeds of an arm: three tasks, five sizes, 33 arms and 5 combinations of them."""
    plan = checkout.plan(*STUDY)
    assert plan["train"] == 3 * 5 * 33 == 495
    assert plan["evaluate"] == 3 * 5 * (33 + 5) == 570
    assert plan["fetch_file"] == 5


@pytest.mark.parametrize(
    "arguments",
    [["-n"], ["--cores", "1"], ["-n", "--config", "name=mine"], ["-n", "--directory", "rules"]],
    ids=" ".join,
)
def test_without_a_configuration_nothing_is_planned(checkout: Checkout, arguments: list[str]) -> None:
    """The study has 495 jobs of ten seeds: what would be done is counted, and the ways to choose are named."""
    output = checkout.snakemake(*arguments, succeeds=False)
    assert "no configuration was chosen" in output
    assert "495 jobs of training with 10 seeds each, 4,950 trainings in all" in output
    assert "make config BED=" in output
    assert "--configfile config.yaml`" in output
    assert "Traceback" not in output
    assert "Job stats" not in output


@pytest.mark.parametrize("arguments", [["--lint"], ["--list-rules"], ["--rulegraph"], ["--unlock"]], ids=" ".join)
def test_without_a_configuration_the_workflow_can_be_looked_at(checkout: Checkout, arguments: list[str]) -> None:
    assert "no configuration was chosen" not in checkout.snakemake(*arguments)


def test_a_workflow_that_uses_this_one_as_a_module_gives_the_configuration(checkout: Checkout) -> None:
    (checkout.folder / "outer.smk").write_text(
        'configfile: "tests/tiny.yaml"\nmodule tiny:\n    snakefile: "Snakefile"\n    config: config\n'
        "use rule * from tiny\nuse rule all from tiny as everything with:\n    default_target: True\n"
    )
    assert checkout.plan("-s", "outer.smk")["train"] == checkout.plan(*TINY)["train"]


def test_values_from_the_command_line_are_laid_over_the_study(checkout: Checkout) -> None:
    assert checkout.plan(*STUDY, "--config", "study={train_sizes: [all], claims: []}")["train"] == 3 * 33
    output = checkout.snakemake("-n", *STUDY, "--config", "study={seeds: [4]}", succeeds=False)
    assert "`study.combinations.two_of_the_best` averages more networks of an arm than exist" in output
    assert "replicates: 2 with 1 seeds" in output


def test_another_configuration_takes_the_place_of_the_study(checkout: Checkout) -> None:
    plan = checkout.plan("--configfile", "resources/demo/config.yaml")
    assert plan["fetch_file"] == 0
    assert plan["simulate_experiment"] == 1
    # Two binary tasks of five arms, and a profile task of three.
    assert plan["train"] == 2 * 5 + 3


@pytest.mark.parametrize("example", sorted((ROOT / "resources/examples").glob("*.yaml")), ids=lambda file: file.stem)
def test_examples_are_planned_on_the_real_data(checkout: Checkout, shared_data: Path, example: Path) -> None:
    arguments = ["--configfile", f"resources/examples/{example.name}", "--config", f"data={shared_data}"]
    plan = checkout.plan(*arguments)
    is_profile = "kind: profile" in example.read_text()
    assert plan["train"] == (3 if is_profile else 5)


@pytest.mark.parametrize("run", STUDIES)
def test_the_runs_of_the_results_are_planned_on_the_real_data(checkout: Checkout, shared_data: Path, run: str) -> None:
    files = [f"resources/runs/{file.name}" for file in STUDIES[run]]
    plan = checkout.plan("--configfile", *files, "--config", f"data={shared_data}")
    settings = resolve_files(STUDIES[run], shared_data)
    study = settings["study"]
    sizes = sum(len(arm.get("train_sizes", study["train_sizes"])) for arm in study["arms"].values())
    assert plan["train"] == sizes * len(settings["tasks"])
    assert plan["write_results_page"] == plan["compare_arms"] == 1


@pytest.mark.parametrize("run", ["networks_max", "ladder_gue_mouse_tf_2"])
def test_the_small_forms_of_long_studies_are_planned_on_the_real_data(
    checkout: Checkout, shared_data: Path, run: str
) -> None:
    small = RUNS / f"{run.partition('_')[0]}_small.yaml"
    files = [*LONG_RUNS[run], small]
    names = [f"resources/runs/{file.name}" for file in files]
    plan = checkout.plan("--configfile", *names, "--config", f"data={shared_data}", f"name={run}_small")
    settings = resolve_files(files, shared_data)
    (task,) = settings["tasks"]
    assert plan["train"] == sum(len(train_sizes(settings, task, arm)) for arm in arms_for(settings, task))
    assert plan["match_channels"] == 1
    assert plan["fit_kmer_baseline"] == len(settings["study"]["train_sizes"])


@pytest.mark.parametrize(
    ("data_set", "tasks"), [("gue_mouse_tf_0", 1), pytest.param("hierarchies", 12, marks=pytest.mark.slow)]
)
def test_the_study_of_curvature_is_planned(checkout: Checkout, shared_data: Path, data_set: str, tasks: int) -> None:
    names = [f"resources/runs/{file.name}" for file in CURVATURE[data_set]]
    plan = checkout.plan("--configfile", *names, "--config", f"data={shared_data}", f"name=curvature_{data_set}")
    # Eleven hyperbolic arms, the default network and its narrower copy, with three trials each.
    assert plan["train"] == 13 * 3 * tasks
    assert plan["match_channels"] == tasks
    assert plan["simulate_phylogeny"] == (tasks if data_set == "hierarchies" else 0)
    assert plan["write_results_page"] == 1


def test_the_profile_study_is_planned_where_its_files_are(checkout: Checkout, tmp_path: Path) -> None:
    for factor in ("Oct4", "Sox2", "Nanog", "Klf4", "patchcap"):
        (tmp_path / factor).mkdir()
        for name in ("peaks.narrowPeak.gz", "counts.plus.bw", "counts.minus.bw"):
            (tmp_path / factor / name).touch()
    plan = checkout.plan("--configfile", "resources/studies/chip_nexus_mm10.yaml", "--config", f"data={tmp_path}")
    assert plan["train"] == 4 * 5
    assert plan["collect_study"] == 1


def test_the_slurm_profile_is_found_by_its_short_name(checkout: Checkout) -> None:
    assert checkout.plan(*STUDY, "--profile", "slurm", "--software-deployment-method", "env-modules")["train"] == 495


def test_gpus_are_asked_for_only_where_networks_train_on_them(checkout: Checkout) -> None:
    assert "gpu=1" not in checkout.snakemake("-n", *TINY)
    assert "gpu=1" in checkout.snakemake("-n", *TINY, "--config", "compute={device: cuda}")


def test_an_absent_device_is_told_before_the_first_job(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    tiny = (checkout.folder / "tests/tiny.yaml").read_text()
    absent = tiny.replace("name: tiny", "name: absent").replace("/tiny/", "/absent/")
    (checkout.folder / "tests/absent.yaml").write_text(absent)
    arguments = ["--configfile", "tests/absent.yaml", "--config", "compute={device: cuda}", "--cores", "1"]
    output = checkout.snakemake(*arguments, "--until", "simulate_experiment", succeeds=False)
    assert "compute: device is cuda, but torch sees no GPU" in output
    assert "Traceback" not in output
    assert not (checkout.folder / "results/absent").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds: [3, 4]", "seed: [3, 4]", ["tests/bad.yaml, line", "unknown key `seed`", "did you mean `seeds`?"]),
        ("tests/oligos.fa", "tests/oligo.fa", ["tests/bad.yaml, line", "does not exist", "tests/oligos.fa exists"]),
        ("epochs: 2, steps", "epochs: 0, steps", ["`trainings.binary.epochs`", "found:   0", "at least 1"]),
    ],
    ids=["unknown key", "missing file", "value out of range"],
)
def test_bad_configurations_are_refused_with_a_readable_error(
    checkout: Checkout, old: str, new: str, words: list[str]
) -> None:
    good = (checkout.folder / "tests/tiny.yaml").read_text()
    (checkout.folder / "tests/bad.yaml").write_text(good.replace(old, new))
    output = checkout.snakemake("--configfile", "tests/bad.yaml", "--cores", "1", succeeds=False)
    for word in words:
        assert word in output
    assert "fix:" in output
    assert "Traceback" not in output
    assert "common.smk" not in output


def test_a_bad_input_is_refused_with_a_readable_error(checkout: Checkout) -> None:
    (checkout.folder / "tests/empty.fa").write_text("")
    config = (checkout.folder / "tests/tiny.yaml").read_text().replace("tests/oligos.fa", "tests/empty.fa")
    (checkout.folder / "tests/bad.yaml").write_text(config.replace("tiny", "bad"))
    config = ["--configfile", "tests/bad.yaml", "--cores", "1"]
    output = checkout.snakemake(*config, "results/bad/predictions/oligos/genome.fa", succeeds=False)
    assert "tests/empty.fa: the file is empty" in output
    assert "fix:" in output
    assert "Traceback" not in output


def test_intervals_that_cannot_be_used_show_before_a_genome_is_made(checkout: Checkout) -> None:
    (checkout.folder / "tests/bad.bed").write_text("chrA\t10\t5\n")
    good = (checkout.folder / "tests/tiny.yaml").read_text().replace("name: tiny", "name: bad")
    bad = good.replace("results/tiny/simulation/CTCF.narrowPeak", "tests/bad.bed").replace("/tiny/", "/bad/")
    (checkout.folder / "tests/bad.yaml").write_text(bad)
    output = checkout.snakemake("--configfile", "tests/bad.yaml", "--cores", "1", succeeds=False)
    assert "tests/bad.bed, line 1" in output
    assert not (checkout.folder / "results/bad/genomes").exists()
