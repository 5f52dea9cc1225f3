"""A script of the workflow as its rule runs it, with a checkpoint after every epoch and a trace of how far it got.

Usage: python job.py JOB.json TRACE

JOB.json holds ``script`` and what Snakemake would hand to it: ``input``, ``output``, ``params`` and ``log``. TRACE gets
lines of ``event, replicate, epochs``: ``resumed`` or ``kept`` as a training is taken up or was finished before,
``trained`` after an epoch, ``stored`` once its checkpoint is written, ``finished`` once that of the outcome is.
"""

import json
import os
import runpy
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from learning.training import checkpoints
from learning.training.checkpoints import Checkpoint
from learning.training.state import TrainingState


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # Of a training of seconds, a checkpoint every 30 s would be none.
    checkpoints.SECONDS_BETWEEN = 0.0
    _trace_into(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    given = {name: _Named(job[name]) for name in ("input", "output", "params")}
    runpy.run_path(job["script"], init_globals={"snakemake": SimpleNamespace(**given, log=job["log"])})


class _Named(list):
    """As Snakemake hands over files: all of them in a list, of whose parts the names are attributes."""

    def __init__(self, named: dict[str, Any]) -> None:
        super().__init__(each for value in named.values() for each in (value if isinstance(value, list) else [value]))
        vars(self).update(named)

    def items(self) -> Iterable[tuple[str, Any]]:
        return vars(self).items()


def _trace_into(handle: int) -> None:
    def trace(event: str, checkpoint: Checkpoint, state: TrainingState) -> None:
        os.write(handle, f"{event}\t{checkpoint.path.stem}\t{len(state.history)}\n".encode())

    resume, save, finish = Checkpoint.resume, Checkpoint.save_if_due, Checkpoint.finish

    def traced_resume(self: Checkpoint, start: Callable[[], TrainingState]) -> Any:
        state, is_finished = resume(self, start)
        trace("kept" if is_finished else "resumed", self, state)
        return state, is_finished

    def traced_save(self: Checkpoint, state: TrainingState) -> None:
        trace("trained", self, state)
        save(self, state)
        trace("stored", self, state)

    def traced_finish(self: Checkpoint, state: TrainingState) -> None:
        finish(self, state)
        trace("finished", self, state)

    Checkpoint.resume, Checkpoint.save_if_due, Checkpoint.finish = traced_resume, traced_save, traced_finish


if __name__ == "__main__":
    main()
