"""The mutation run accepts what it should, finds planted faults of every kind, and can be repeated."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from input_mutations.subjects import SUBJECTS, Outcome, Subject, make_genome
from input_mutations.trials import ALLOWED, edits_of, mutant, reports, trials
from workflow_support.errors import InputError
from workflow_support.job import logger

LINES = b"".join(b"%d\t%d\n" % (number, number) for number in range(20))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("genome")
    make_genome(folder)
    return folder


@pytest.mark.parametrize("name", ["JASPAR", "VCF", "labelled CSV"])
def test_an_edit_of_each_sort_has_an_outcome_that_a_user_notices(name: str, folder: Path) -> None:
    found = list(trials(SUBJECTS[name], name, 1, 5, folder))
    assert {trial.edit for trial in found} == set(edits_of(SUBJECTS[name]))
    assert {trial.verdict for trial in found} <= set(ALLOWED), found
    assert sum(trial.verdict == "same" for trial in found) >= 5
    assert sum(trial.verdict == "error" for trial in found) >= 5


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_input_is_accepted_as_it_is(name: str, folder: Path) -> None:
    (found,) = reports(SUBJECTS[name], [SUBJECTS[name].content(folder)], folder)
    assert found.kind == "result", found.value


def subject_of(use: Callable[[bytes], object], *, is_binary: bool = False) -> Subject:
    def of_file(path: Path, folder: Path) -> Outcome:
        content = path.read_bytes()
        return Outcome("all is well", None) if content == LINES else Outcome(use(content), None)

    return Subject(lambda folder: LINES, of_file, is_binary)


def refuse_without_a_file(content: bytes) -> None:
    raise InputError("something is wrong", fix="mend it")


def refuse(content: bytes) -> None:
    raise InputError("the first line is wrong", file="input", line=1, fix="write another")


def compute_for_ever(content: bytes) -> None:
    while True:
        pass


def count(content: bytes) -> int:
    logger.info("%d lines", content.count(b"\n"))
    return content.count(b"\n")


PLANTED = {
    "traceback": lambda content: 1 // 0,
    "crash": lambda content: os.kill(os.getpid(), signal.SIGKILL),
    "hangs": compute_for_ever,
    "silent": len,
    "unclear": refuse_without_a_file,
    "error": refuse,
    "counted": count,
    "same": lambda content: "all is well",
}


@pytest.mark.parametrize("verdict", PLANTED)
def test_a_planted_outcome_gets_its_verdict(verdict: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("input_mutations.trials.edits_of", lambda subject: {"empty": lambda content, random: b""})
    monkeypatch.setattr("input_mutations.trials.SECONDS", 1)
    (found,) = trials(subject_of(PLANTED[verdict]), "planted", 1, 1, folder)
    assert found.verdict == verdict, found.detail


def test_values_of_binary_files_may_change_but_nothing_else_may_happen(folder: Path) -> None:
    harmless = {trial.verdict for trial in trials(subject_of(len, is_binary=True), "planted", 1, 1, folder)}
    assert harmless <= {"same", "counted"}
    failing = trials(subject_of(lambda content: 1 // 0, is_binary=True), "planted", 1, 1, folder)
    assert {trial.verdict for trial in failing} == {"traceback"}


def test_a_mutant_can_be_made_again(folder: Path) -> None:
    subject = SUBJECTS["BED"]
    of_seeds = [mutant(subject, "BED", "odd byte", 3, seed, folder) for seed in (1, 1, 2)]
    assert of_seeds[0] == of_seeds[1] != of_seeds[2]
