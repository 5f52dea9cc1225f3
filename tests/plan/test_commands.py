"""What `make run`, `make report` and `make benchmark` answer to wrong files and names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from configuration import resolve
from configuration.documentation import SCHEMA_FILE
from figures.registry import figure_files
from plan import Plan
from plan.commands import benchmark_file, main, report_of, require_configurations
from workflow_support.errors import InputError

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "resources/benchmarks"
STUDY = {"arms": {"rcps": {"representation": "rcps", "kmer": 1, "channels": 8}}, "seeds": [1, 2]}
TASK = {"kind": "labelled", "sequences": {"all": "{data}/s.csv", "make_splits": {"validation": 0.2, "test": 0.2}}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a study and a data set in two files, and their data."""
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(yaml.safe_dump({"name": "study", "study": STUDY}))
    Path("motifs.yaml").write_text(yaml.safe_dump({"name": "motifs", "tasks": {"motifs": TASK}}))
    Path("data").mkdir()
    Path("data/s.csv").write_text((ROOT / "tests/labelled.csv").read_text())
    return tmp_path


FILES = [Path("study.yaml"), Path("motifs.yaml")]


def finish(without: str = "") -> None:
    """Make every file of the run but one."""
    settings = {"name": "motifs", "study": STUDY, "tasks": {"motifs": TASK}, "data": "data"}
    plan = Plan(*resolve(settings, [], SCHEMA_FILE))
    for file in map(Path, plan.outputs.final(figure_files(plan))):
        if file.name != without:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()


def test_an_absent_configuration_is_named_with_the_nearest_that_exists(folder: Path) -> None:
    with pytest.raises(InputError, match=r"there is no configuration motif\.yaml(.|\n)*did you mean motifs\.yaml\?"):
        require_configurations([Path("study.yaml"), Path("motif.yaml")])
    with pytest.raises(InputError, match=re.escape(str(folder))):
        require_configurations([Path("elsewhere/gata1.yaml")])
    require_configurations(FILES)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name: x\n  bad: [\n", "line 2: the file is not valid YAML"),
        (b"name: x\ntasks:\n\tpeaks: 1\n", "line 3: the file is not valid YAML"),
        (b'name: "unclosed\n', "line 2: the file is not valid YAML"),
        (b"name: !python/object:os.system x\n", "line 1: the file is not valid YAML"),
        (b"name: \x00\n", "the file is not valid YAML"),
        (b"", "the file has no keys"),
        (b"# nothing\n", "the file has no keys"),
        (b"- a\n- b\n", "the file has no keys"),
        (b"chr1 100 200\nchr1 300 400\n", "the file has no keys"),
        (b"\xff\xfea", "the file is not text in UTF-8"),
        (b"\x1f\x8b\x08\x00", "the file is not text in UTF-8"),
    ],
)
def test_a_file_that_is_no_configuration_is_named(folder: Path, content: bytes, words: str) -> None:
    Path("bad.yaml").write_bytes(content)
    with pytest.raises(InputError, match=rf"^bad\.yaml(, |: ){words}"):
        require_configurations([Path("study.yaml"), Path("bad.yaml")])


def test_a_folder_is_no_configuration(folder: Path) -> None:
    Path("runs").mkdir()
    with pytest.raises(InputError, match=r"there is no configuration runs") as caught:
        require_configurations([Path("runs")])
    assert caught.value.found == "a folder"
    assert caught.value.fix == "correct the name of the file"


def test_a_configuration_has_to_be_given(folder: Path) -> None:
    with pytest.raises(InputError, match="no configuration was given"):
        require_configurations([])


def test_the_report_of_several_files_has_the_name_of_the_last(folder: Path) -> None:
    finish()
    assert report_of(FILES, "data") == Path("results/motifs/report.html")


@pytest.mark.parametrize("without", ["results.md", "weights.safetensors", "rule_times.tsv"])
def test_the_report_of_an_unfinished_run_is_refused(folder: Path, without: str) -> None:
    finish(without)
    with pytest.raises(InputError) as caught:
        report_of(FILES, "data")
    assert "the run motifs is not finished" in str(caught.value)
    assert without in caught.value.found
    assert "make run CONFIG='study.yaml motifs.yaml'" in caught.value.fix


def test_data_sets_of_benchmarks_are_found() -> None:
    assert benchmark_file("gue/human_tf_0", BENCHMARKS) == BENCHMARKS / "gue.yaml"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("human_tf_1", "NAME=gue/human_tf_1"),
        ("geu/human_tf_1", "NAME=gue/human_tf_1"),
        ("gue/human_tf_99", "NAME=gue/human_tf_"),
        ("gue", None),
        ("nothing like it", None),
    ],
)
def test_other_names_are_refused_with_the_nearest(name: str, meant: str | None) -> None:
    with pytest.raises(InputError, match=f"NAME={name} is not a data set") as caught:
        benchmark_file(name, BENCHMARKS)
    assert "gue" in caught.value.allowed
    assert (meant or "") in caught.value.fix


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "motif.yaml"], "there is no configuration motif.yaml"),
        (["report", "study.yaml", "motif.yaml"], "there is no configuration motif.yaml"),
        (["report", *map(str, FILES)], "--config data=FOLDER"),
        (["report", *map(str, FILES), "--data", "data"], "is not finished"),
    ],
)
def test_faults_end_a_command_with_their_text(folder: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        main(arguments)


def test_the_path_of_a_report_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish()
    main(["report", *map(str, FILES), "--data", "data"])
    assert capsys.readouterr().out == "results/motifs/report.html\n"


def test_an_absent_device_is_a_sentence(tmp_path: Path) -> None:
    """No GPU is visible to the process, whatever the machine has."""
    command = [sys.executable, "-m", "learning.models.device_check", "cuda"]
    environment = {"PYTHONPATH": str(ROOT / "workflow_scripts"), "CUDA_VISIBLE_DEVICES": "", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("compute: device is cuda, but torch sees no GPU")
    assert "Traceback" not in done.stderr
