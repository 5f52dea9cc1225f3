"""Pins and containers: a pin that is out of date is refused, and images are built by the steps of ``make setup``."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from checkout import ROOT
from workflow_rules import rules_of

from workflow_support.pins import SUFFIX, sign, stale_pins

DOCKERFILE, DEFINITION = ROOT / "container/Dockerfile", ROOT / "container/workflow.def"


def steps_of_setup() -> list[str]:
    """The commands of ``make setup``, without make's own bookkeeping."""
    done = subprocess.run(
        ["make", "-n", "-B", "setup"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [line.strip() for line in done if line.strip() and not line.startswith(("touch", "make"))]


def lines_of(text: str) -> list[str]:
    """The lines of a build file, those that go on joined, without comments."""
    joined = re.sub(r"\\\n\s*", "", text)
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]


def sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"": []}
    for line in lines_of(DEFINITION.read_text()):
        if line.startswith("%"):
            found[line[1:]] = []
        else:
            found[list(found)[-1]].append(line)
    return found


def test_images_are_built_by_the_steps_of_make_setup() -> None:
    steps = steps_of_setup()
    assert len(steps) == 3
    assert "requirements.lock" in steps[-1]
    instructions = [line.removeprefix("RUN ") for line in lines_of(DOCKERFILE.read_text()) if line.startswith("RUN ")]
    assert instructions[-3:] == steps
    assert sections()["post"][-3:] == steps
    # Before them, both install the same packages of Debian.
    assert instructions[:-3] == sections()["post"][1:-3]


def test_build_files_are_well_formed() -> None:
    lines = lines_of(DOCKERFILE.read_text())
    assert lines[0] == "FROM debian:12-slim"
    assert {line.split()[0] for line in lines} == {"FROM", "WORKDIR", "COPY", "RUN", "ENV"}
    for line in lines:
        if line.startswith("COPY "):
            assert (ROOT / line.split()[1]).is_file(), line
    header = yaml.safe_load("\n".join(sections()[""]))
    assert header == {"Bootstrap": "docker", "From": "debian:12-slim"}
    for line in sections()["files"]:
        assert (ROOT / line.split()[0]).is_file(), line
    for script in ([line[4:] for line in lines if line.startswith("RUN ")], sections()["post"]):
        subprocess.run(["sh", "-n"], input="\n".join(script), text=True, check=True)


def test_every_job_can_run_in_the_container() -> None:
    images = {rule.container_img for rule in rules_of("tests/tiny.yaml").values() if rule.name != "all"}
    assert images == {DEFINITION.with_suffix(".sif").relative_to(ROOT).as_posix()}


def test_no_pin_of_the_checkout_is_out_of_date_or_leaves_packages_of_pip_out() -> None:
    assert stale_pins(ROOT / "envs") == [], "run `make pins`"
    for environment in (ROOT / "envs").glob("*.yaml"):
        if "pip:" in environment.read_text():
            assert not environment.with_name(environment.stem + SUFFIX).exists()


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    (tmp_path / "figures.yaml").write_text("dependencies: [numpy =2.4.6]\n")
    (tmp_path / f"figures{SUFFIX}").write_text("@EXPLICIT\nnumpy-2.4.6-py311.conda#abc\n")
    sign(tmp_path)
    return tmp_path


def test_a_signed_pin_is_current_until_its_environment_changes(pinned: Path) -> None:
    assert stale_pins(pinned) == []
    sign(pinned)
    pin = pinned / f"figures{SUFFIX}"
    assert pin.read_text().count("# environment: sha256:") == 1
    assert pin.read_text().endswith("@EXPLICIT\nnumpy-2.4.6-py311.conda#abc\n")
    (pinned / "figures.yaml").write_text("dependencies: [numpy =2.4.7]\n")
    assert stale_pins(pinned) == [pin]


def test_a_pin_without_a_signature_or_an_environment_is_refused(pinned: Path) -> None:
    pin = pinned / f"figures{SUFFIX}"
    text = pin.read_text()
    pin.write_text("@EXPLICIT\n")
    assert stale_pins(pinned) == [pin]
    pin.write_text(text)
    (pinned / "figures.yaml").unlink()
    assert stale_pins(pinned) == [pin]
