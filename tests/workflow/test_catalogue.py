"""What the Snakemake Workflow Catalog, other workflows and GitHub find, and how versions are released."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml
from checkout import ROOT, TINY, Checkout

from configuration import documentation
from workflow_support.errors import InputError
from workflow_support.versions import release, release_notes, workflow_version


def targets() -> set[str]:
    """The documented targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_snakefile_of_the_catalogue_is_the_workflow(checkout: Checkout) -> None:
    same = checkout.plan(*TINY, "--forceall")
    found = checkout.plan("-s", "workflow/Snakefile", *TINY, "--forceall")
    assert found - same == {"everything": 1}
    assert same - found == {"all": 1}


def test_another_workflow_uses_this_one_as_a_module_from_its_own_folder(checkout: Checkout, tmp_path: Path) -> None:
    """Nothing but the input files of its configuration is in that folder."""
    shutil.copytree(checkout.folder / "tests", tmp_path / "tests")
    shutil.copytree(checkout.folder / "resources", tmp_path / "resources")
    (tmp_path / "Snakefile").write_text(
        f'configfile: "tests/tiny.yaml"\nmodule binding:\n    snakefile: "{checkout.folder}/workflow/Snakefile"\n'
        "    config: config\nuse rule * from binding as binding_*\n"
        "rule mine:\n    default_target: True\n    input: rules.binding_all.input\n"
    )
    command = [sys.executable, "-m", "snakemake", "-n"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert (
        int(re.search(r"^binding_train +(\d+)$", output, re.MULTILINE)[1])
        == checkout.plan(*TINY, "--forceall")["train"]
    )


def test_the_catalogue_reads_how_the_workflow_is_used() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"] == {"conda": True, "apptainer": True}
    assert usage["report"] is True
    assert "--configfile" in usage["mandatory-flags"]["flags"]


def test_the_page_of_the_catalogue_is_that_of_the_configuration() -> None:
    written = (ROOT / "config/README.md").read_text(encoding="utf-8")
    assert written == documentation.page(), "run `make docs`"
    # A link of the page would lead elsewhere from another folder.
    assert "](" not in re.sub(r"`[^`]*`", "", written)


def test_actions_lint_test_and_report_by_targets_of_the_makefile() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/main.yml").read_text())["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    called = {name for command in commands for name in re.findall(r"\bmake ([a-z-]+)", command)}
    assert called == {"lint", "test", "demo"}
    assert called <= targets()
    for job in jobs.values():
        assert job["steps"][0]["uses"].startswith("actions/checkout@v")


def test_every_file_names_the_same_version() -> None:
    version = workflow_version()
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    printed = subprocess.run(["make", "-s", "version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == version
    # What a release turns into the notes of its version.
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for file in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        shutil.copy(ROOT / file, tmp_path / file)
    text = f"# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## {workflow_version()}\n\n- Older.\n"
    (tmp_path / "CHANGELOG.md").write_text(text)
    return tmp_path


def test_a_release_writes_its_version_where_versions_are(copy: Path) -> None:
    release("9.0.0", copy, date(2026, 12, 24))
    assert workflow_version(copy) == "9.0.0"
    assert yaml.safe_load((copy / "CITATION.cff").read_text())["version"] == "9.0.0"
    assert "## Unreleased\n\n## 9.0.0 (2026-12-24)\n\n### Added" in (copy / "CHANGELOG.md").read_text()
    assert release_notes("9.0.0", copy) == "### Added\n\n- A thing."
    with pytest.raises(InputError, match="nothing to release"):
        release("9.0.1", copy)


@pytest.mark.parametrize("version", ["0.0.1", "1.0", "v9.0.0", ""])
def test_a_version_that_is_none_or_no_later_is_refused(copy: Path, version: str) -> None:
    with pytest.raises(InputError, match="cannot be the next version"):
        release(version, copy)
