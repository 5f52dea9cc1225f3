"""A Snakemake logger for `make run` and `make demo`, which prints counts of jobs, warnings and errors.

Snakemake finds this package by its name, if the folder that holds it is on the path: ``--logger brief``. What jobs say
is printed in any case, and all that is left out here is in Snakemake's own log, below .snakemake/log/.
"""

from __future__ import annotations

import logging
import sys

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent


class LogHandler(LogHandlerBase):
    """A handler that writes to standard error; a dry run, which only prints, keeps Snakemake's own words."""

    writes_to_stream = True
    writes_to_file = False
    has_formatter = False
    needs_rulegraph = False
    _uncounted = 0

    @property
    def has_filter(self) -> bool:
        return not self.common_settings.dryrun

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "event", None) == LogEvent.RUN_INFO:
            self._uncounted = record.stats.get("all", 0)
        text = self.format(record) if self.common_settings.dryrun else brief(record, self._uncounted)
        if text:
            print(text, file=sys.stderr, flush=True)


def brief(record: logging.LogRecord, uncounted: int = 0) -> str | None:
    """The line that is printed for a record; None for one that says nothing to a user.

    Snakemake counts the rule ``all``, which only gathers the others, as a job. ``uncounted`` is 1 where a run has it,
    so that all lines count the same jobs.
    """
    event = getattr(record, "event", None)
    if event == LogEvent.RUN_INFO:
        counts = {rule: count for rule, count in record.stats.items() if rule not in ("total", "all")}
        return f"{sum(counts.values())} jobs to do: " + ", ".join(f"{rule} {count}" for rule, count in counts.items())
    if event == LogEvent.PROGRESS:
        total = record.total - uncounted
        return f"{record.done} of {total} jobs ({100 * record.done // total}%) done" if record.done <= total else None
    if event == LogEvent.JOB_ERROR:
        log = f"; what it said is in {', '.join(record.log)}" if record.log else ""
        return f"A job of the rule {record.rule_name} failed{log}"
    is_told = record.levelno >= logging.WARNING or record.msg == NOTHING_TO_BE_DONE_MSG
    return record.getMessage() if is_told and record.msg else None
