"""The settings of snakemake-executor-plugin-cluster-generic, with which its profiles are parsed; it submits nothing."""

from dataclasses import dataclass, field
from typing import Optional

from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase


# Snakemake makes the options of its command line from these annotations, and understands no other form of them.
@dataclass
class ExecutorSettings(ExecutorSettingsBase):
    submit_cmd: Optional[str] = field(default=None, metadata={"help": "submits a job", "required": True})  # noqa: UP045
    status_cmd: Optional[str] = field(default=None, metadata={"help": "prints the state of a job"})  # noqa: UP045
    cancel_cmd: Optional[str] = field(default=None, metadata={"help": "cancels jobs"})  # noqa: UP045
    cancel_nargs: int = field(default=20, metadata={"help": "jobs that are cancelled at a time"})
    sidecar_cmd: Optional[str] = field(default=None, metadata={"help": "runs beside the jobs"})  # noqa: UP045


common_settings = CommonSettings(non_local_exec=True, implies_no_shared_fs=False, job_deploy_sources=False)


class Executor(RemoteExecutor):
    def run_job(self, job):
        raise NotImplementedError

    async def check_active_jobs(self, active_jobs):
        raise NotImplementedError
        yield

    def cancel_jobs(self, active_jobs):
        raise NotImplementedError
