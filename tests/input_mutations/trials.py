"""Edited inputs in a process of their own, and the verdict on what came of each."""

from __future__ import annotations

import logging
import multiprocessing
import resource
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import NamedTuple

from workflow_support.errors import InputError
from workflow_support.job import logger

from .edits import BYTE_EDITS, DAMAGES, DRESSINGS, Edit
from .subjects import Subject

SECONDS = 20
"""Time of a processor after which an input counts as one that hangs; valid ones take well below a second."""
WAITED = 15
"""Multiple of this time for which a process is waited for that does not compute, or not alone on its processor."""
ALLOWED = ("same", "counted", "error")
FAULTS = ("traceback", "hangs", "crash", "silent", "unclear")


class Report(NamedTuple):
    """What a process found: ``result``, ``error``, ``unclear`` or ``traceback``; representations, and log messages."""

    kind: str
    value: str
    counts: str = ""
    messages: tuple[str, ...] = ()


class Trial(NamedTuple):
    """The verdict on an edited input, and what it rests on."""

    subject: str
    edit: str
    number: int
    verdict: str
    detail: str


def edits_of(subject: Subject) -> dict[str, Edit]:
    """The edits that make sense for a kind of input."""
    edits = BYTE_EDITS if subject.is_binary else DRESSINGS | DAMAGES
    return {name: edit for name, edit in edits.items() if name not in subject.left_out}


def mutant(subject: Subject, name: str, edit: str, number: int, seed: int, folder: Path) -> bytes:
    """The edited content; the same for the same arguments."""
    return edits_of(subject)[edit](subject.content(folder), Random(f"{seed}/{name}/{edit}/{number}"))


def trials(subject: Subject, name: str, number: int, seed: int, folder: Path) -> Iterator[Trial]:
    """Try ``number`` mutants of every edit of an input; ``folder`` has the genome that it is used with.

    Raises
    ------
    AssertionError
        If the input itself is not accepted.
    """
    planned = [(edit, each) for edit in edits_of(subject) for each in range(number)]
    contents = [mutant(subject, name, edit, each, seed, folder) for edit, each in planned]
    valid, *found = reports(subject, [subject.content(folder), *contents], folder)
    assert valid.kind == "result", f"{name} is not accepted as it is: {valid.value}"
    for (edit, each), of_mutant in zip(planned, found, strict=True):
        yield Trial(name, edit, each, *_judge(valid, of_mutant, subject.is_binary))


def _judge(valid: Report, found: Report, is_binary: bool) -> tuple[str, str]:
    if found.kind != "result":
        return found.kind, found.value
    if found.value == valid.value or is_binary:
        return "same" if found.value == valid.value else "counted", ""
    if (found.counts, found.messages) != (valid.counts, valid.messages):
        return "counted", ""
    return "silent", "the result differs, and nothing that is counted or logged does"


def reports(subject: Subject, contents: Sequence[bytes], folder: Path) -> list[Report]:
    """Use files of these contents, one after the other, in another process, which may fail in any way."""
    found: list[Report] = []
    context = multiprocessing.get_context("fork")
    while len(found) < len(contents):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_use_all, args=(subject, contents[len(found) :], folder, theirs))
        process.start()
        theirs.close()
        try:
            while len(found) < len(contents) and ours.poll(WAITED * SECONDS):
                found.append(ours.recv())
            failed = Report("hangs", f"no result after {WAITED * SECONDS} seconds")
        except EOFError:
            process.join()
            is_slow = process.exitcode == -signal.SIGXCPU
            failed = Report("hangs", f"no result after {SECONDS} seconds of a processor")
            failed = failed if is_slow else Report("crash", f"the process ended with status {process.exitcode}")
        if len(found) < len(contents):
            found.append(failed)
        process.kill()
        process.join()
    return found


def _use_all(subject: Subject, contents: Sequence[bytes], folder: Path, connection: Connection) -> None:
    path = folder / "input"
    for content in contents:
        path.write_bytes(content)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + SECONDS + 1, resource.RLIM_INFINITY))
        connection.send(_use(subject, path, folder))


def _use(subject: Subject, path: Path, folder: Path) -> Report:
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    try:
        outcome = subject.use(path, folder)
    except InputError as error:
        return Report("error" if error.file is not None and error.fix else "unclear", str(error))
    except Exception:
        return Report("traceback", traceback.format_exc())
    return Report("result", repr(outcome.value), repr(outcome.counts), tuple(messages))
