"""A training that is killed again and again, with SIGKILL, and what becomes of it."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from .trainings import CHECKPOINTS, MODELS, SEEDS, Event, Training, epochs_in

#: Seconds between two looks at a job, and at a folder that it is to write to: short against an epoch, and a write.
POLL, POLL_WRITE = 0.01, 0.0002
#: A job that ends before its moment is started again, so often.
ATTEMPTS = 5
#: From a write that is seen, or a replicate that is done, to the kill: at most so many seconds.
AFTER_EVENT = 0.002

START, EPOCH, CHECKPOINT, BETWEEN, OUTPUT = AIMS = (
    "start-up",
    "within an epoch",
    "write of a checkpoint",
    "between two replicates",
    "write of the outputs",
)


@dataclass(frozen=True)
class Moment:
    """When a job is to be killed: which of ``AIMS``, after how many epochs, and how far into it (0 to 1)."""

    aim: str
    epochs: int
    share: float


@dataclass(frozen=True)
class Kill:
    """What a kill hit, and what the next job began with.

    Parameters
    ----------
    hit
        One of ``AIMS``, from what the job had reported and left, which need not be what was aimed at.
    seconds
        From the start of the job.
    partial
        Files of which it left a part.
    reached, resumed
        Epochs of all replicates that were trained as it was killed, and that later jobs began with.
    """

    hit: str
    seconds: float
    partial: int
    reached: int
    resumed: int


@dataclass(frozen=True)
class KilledTraining:
    """All kills of a training, and what it ended with.

    Parameters
    ----------
    differing
        Outputs that are not those of a training that nobody killed.
    left
        Partial files that are still there.
    """

    kills: list[Kill]
    differing: list[str]
    left: list[Path]


def planned_moments(generator: random.Random, kills: int, epochs: int) -> list[Moment]:
    """Random moments, in the order in which a training of ``epochs`` epochs a replicate comes to them.

    One of each aim, as far as they go; the others are most often of epochs and of writes of checkpoints.
    """
    more = generator.choices(AIMS, weights=(3, 5, 5, 2, 2), k=max(0, kills - len(AIMS)))
    last = len(SEEDS) * epochs
    moments = []
    for aim in [*generator.sample(AIMS, min(kills, len(AIMS))), *more]:
        reached = {BETWEEN: epochs, OUTPUT: last}.get(aim, generator.randrange(last))
        moments.append(Moment(aim, reached, generator.random()))
    return sorted(moments, key=lambda moment: moment.epochs)


def killed_training(
    make: Callable[[Path, int], Training], folder: Path, epochs: int, moments: Sequence[Moment]
) -> KilledTraining:
    """Train in peace and, in another folder, with a kill at each moment and a new start after each."""
    peaceful, training = make(folder / "peaceful", epochs), make(folder / "killed", epochs)
    pace = _Pace.of(peaceful, len(SEEDS) * epochs)
    hits, traces = [], []
    for moment in moments:
        hit, events = _kill(training, moment, pace)
        hits.append(hit)
        traces.append(events)
    training.finish("trace")
    traces.append(training.events("trace"))
    kills = [
        Kill(*hit, reached=_reached(traces[:number]), resumed=_resumed(traces[number:]))
        for number, hit in enumerate(hits, start=1)
    ]
    expected, found = peaceful.results(), training.results()
    differing = [name for name in expected if found[name] != expected[name]]
    return KilledTraining(kills, differing, training.partial_files())


def _reached(traces: Sequence[list[Event]]) -> int:
    """Epochs that jobs had trained, by the last that they reported of each replicate."""
    return epochs_in([event for trace in traces for event in trace])


def _resumed(traces: Sequence[list[Event]]) -> int:
    """Epochs that jobs began with, by the first that they reported of each replicate."""
    return epochs_in([event for trace in reversed(traces) for event in reversed(trace)])


@dataclass(frozen=True)
class _Pace:
    """Seconds of start-up and of an epoch."""

    start_up: float
    epoch: float

    @classmethod
    def of(cls, training: Training, epochs: int) -> _Pace:
        process, started = training.start("trace"), time.monotonic()
        _wait(process, lambda: bool(training.events("trace")))
        start_up = time.monotonic() - started
        if process.wait():
            raise RuntimeError(training.messages("trace"))
        return cls(start_up, (time.monotonic() - started - start_up) / epochs)


def _kill(training: Training, moment: Moment, pace: _Pace) -> tuple[tuple[str, float, int], list[Event]]:
    """Start the job and kill it: what that hit, after how many seconds, how many partial files it left; and the events.

    On a busy machine a job may end before its kill and is started again. What it did counts among the events, since
    the epoch that the kill before it lost is one that it began with.
    """
    trace, events = "trace", []
    for _ in range(ATTEMPTS):
        before = set(training.partial_files())
        process, started = training.start(trace), time.monotonic()
        _await_moment(process, training, moment, trace, pace)
        process.kill()
        seconds = time.monotonic() - started
        code = process.wait()
        last = training.events(trace)
        events += last
        if code == -signal.SIGKILL:
            left = set(training.partial_files()) - before
            return (_what_was_hit(last, left), seconds, len(left)), events
        if code:
            raise RuntimeError(training.messages(trace))
    raise RuntimeError(f"the job ended before {moment} in {ATTEMPTS} attempts")


def _await_moment(process: Popen, training: Training, moment: Moment, trace: str, pace: _Pace) -> None:
    if moment.aim == START:
        time.sleep(pace.start_up * moment.share)
    elif moment.aim == EPOCH:
        _wait(process, lambda: epochs_in(training.events(trace)) >= moment.epochs)
        time.sleep(pace.epoch * moment.share)
    elif moment.aim == BETWEEN:
        _wait(process, lambda: any(event.is_last for event in training.events(trace)), POLL_WRITE)
        time.sleep(AFTER_EVENT * moment.share)
    else:
        _wait(process, lambda: epochs_in(training.events(trace)) >= moment.epochs)
        folder = CHECKPOINTS if moment.aim == CHECKPOINT else MODELS
        _wait(process, lambda: training.is_writing(folder), POLL_WRITE)
        time.sleep(AFTER_EVENT * moment.share)


def _wait(process: Popen, is_due: Callable[[], bool], poll: float = POLL) -> None:
    """Wait until something is so, or the job has ended."""
    while process.poll() is None and not is_due():
        time.sleep(poll)


def _what_was_hit(events: Sequence[Event], left: set[Path]) -> str:
    """Which of ``AIMS``, from what a job reported and the partial files that it left."""
    folders = {path.parent for path in left}
    ended = sum(event.is_last for event in events)
    if MODELS in folders or ended == len(SEEDS):
        return OUTPUT
    if CHECKPOINTS in folders or (events and events[-1].name == "trained"):
        return CHECKPOINT
    if not events:
        return START
    return BETWEEN if events[-1].is_last else EPOCH
