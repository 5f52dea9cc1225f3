"""
The checked configuration, the plan of the run, and the functions by which the other files of rules/ ask it.

Needs: the configuration.
Makes: nothing.

The named inputs, outputs and params of a rule are the parameters of its script's function. Inputs without a name only have
to be there: the index beside a FASTA file, or a check that passed.
"""

import gc
import inspect
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from snakemake.logging import logger

# The checkout of this workflow: a workflow that uses it as a module has a folder of its own.
ROOT = Path(str(workflow.current_basedir)).parent
if not ROOT.is_dir():
    logger.error(
        "This workflow cannot be read from a URL, because its scripts share packages. Clone it at the version that you "
        "want, and give `snakefile:` the path of workflow/Snakefile in the clone."
    )
    sys.exit(1)
SCRIPTS = ROOT / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

# Shell commands find what is installed beside Snakemake's own Python (deepTools) without its environment activated.
# Snakemake tells every library but numba how many threads a job has, and numba takes all cores of the machine.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]),
    NUMBA_NUM_THREADS="1",
)

from workflow_support.gpus import POOL_VARIABLE, gpu_pool
from workflow_support.palette import PLUS
from figures.registry import FIGURES, figure_files, page_figures
from learning.kinds import modules_of_kind, modules_of_script
from rc_equivariant.descriptions.tracks import TRACKS
from workflow_support.code_digest import code_digest
from configuration import profile_length, resolve
from workflow_support.origins import FILES_VARIABLE
from workflow_support.errors import InputError
from workflow_support.kinds import LOGITS, PROFILE
from workflow_support.metrics import BASELINE_KMER
from plan import Plan
from plan.choice import not_chosen
from plan.leftovers import report_undeclared
from plan.outdated import NOTICE_VARIABLE
from plan.run import SHARED_GENOMES
from workflow_support.provenance import file_digest, file_identity

# An InputError says all that a user needs; a traceback through this file would only bury it.
try:
    config, LOCATIONS = resolve(
        config,
        [Path(file) for file in workflow.configfiles],
        ROOT / "resources/schemas/config.schema.json",
        needs_inputs=NOTICE_VARIABLE not in os.environ,
    )
except InputError as error:
    logger.error(str(error))
    sys.exit(1)

os.environ[FILES_VARIABLE] = os.pathsep.join(map(str, workflow.configfiles))

# Planning makes millions of objects that live to its end: Python need not look for cycles among them every few hundred.
gc.set_threshold(200_000, 20, 100)

plan = Plan(config, LOCATIONS)
run, inputs, models, profiles = plan.run, plan.inputs, plan.models, plan.profiles
uses, study, outputs = plan.uses, plan.study, plan.outputs
model_files, sent = plan.model_files, plan.sent

# Checks, and the downloads that they need, are taken before all other jobs that are ready. Nothing waits for a check: what
# waits would run again with every check, or, with the check as `ancient`, hide changes of its own from Snakemake.
CHECKS_FIRST = 100
GPUS = 1 if config["compute"]["device"] == "cuda" else 0
# The environment of rules that use torch: conda chooses its build, with CUDA or without, as it makes the environment.
LEARNING = f"../envs/learning_{config['compute']['device']}.yaml"
# What a training may take at every attempt: each goes on from the checkpoint of the one before, and limits that grew would
# soon be longer than partitions of GPUs allow.
TRAINING_MINUTES = 480
# What follows a command that writes {output.matrix} as gzip: it takes out the time of writing (bytes 4 to 7, RFC 1952), so
# that the same content is the same file.
WITHOUT_TIME = (
    " && printf '\\0\\0\\0\\0'"
    " | dd of={output.matrix:q} bs=1 seek=4 conv=notrunc status=none"
)
# The section of the configuration that the value of a wildcard is an entry of.
SECTIONS = {
    "genome": "genomes",
    "task": "tasks",
    "prediction": "predict",
    "attribution": "attribute",
    "variants": "variants",
}


def require_device():
    """End a run on this computer before its first job if it has not the device that jobs would ask for.

    On a cluster the device is elsewhere, and jobs with environments of their own have another torch. Another process asks,
    so that this one keeps no memory of a GPU.
    """
    has_environments = workflow.deployment_settings.deployment_method
    if GPUS and workflow.local_exec and not workflow.touch and not has_environments:
        check = [sys.executable, "-m", "learning.models.device_check", "cuda"]
        if subprocess.run(
            check, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}
        ).returncode:
            sys.exit(1)


def share_gpus():
    """Tell jobs on this machine which GPUs they share, if the command limits their number: --resources gpu=4."""
    # Snakemake has an entry without a value for what the command does not limit.
    limit = getattr(workflow.global_resources.get("gpu"), "value", None)
    if GPUS and limit is not None and workflow.local_exec and workflow.is_main_process:
        try:
            os.environ[POOL_VARIABLE] = gpu_pool(limit)
        except InputError as error:
            logger.error(str(error))
            sys.exit(1)


def network_memory(megabytes):
    """The memory of a job that runs networks: on a GPU, CUDA's libraries and context take some gigabytes of the host's."""
    return int(megabytes) + 4000 * GPUS


def with_signature(function):
    """A function that stores its signature, which Snakemake would otherwise work out several times for every job."""
    function.__signature__ = inspect.signature(function)
    return function


def each_attempt(amount):
    """A resource: this many megabytes or minutes at the first attempt, and as many more at each later one."""
    return with_signature(lambda wildcards, attempt: amount * attempt)


def memory_for(rule):
    """A resource: the megabytes that a job of a rule needs by its size, and as many more at each later attempt."""
    costs = plan.costs
    return with_signature(
        lambda wildcards, attempt: costs.megabytes(rule, **dict(wildcards.items()))
        * attempt
    )


def minutes_for(rule):
    """A resource: the minutes that a job of a rule needs by its size, and as many more at each later attempt."""
    costs = plan.costs
    return with_signature(
        lambda wildcards, attempt: costs.minutes(rule, **dict(wildcards.items()))
        * attempt
    )


@with_signature
def nothing_if_chosen(wildcards):
    """No file; instead, the end of a run or dry run of the default configuration if no other was chosen.

    Snakemake has settings of execution only where jobs are to be done, and not for a report or a graph.
    """
    if is_default and workflow.execution_settings is not None:
        logger.error(str(not_chosen(plan, "config.yaml")))
        sys.exit(1)
    return []


def memory_for_networks():
    """A resource: the memory of a job that trains or evaluates networks of a task.

    The least leaves room for the batches of large networks, of which the size of the task says nothing.
    """
    costs, profiles_of_run = plan.costs, run.profile
    return with_signature(
        lambda wildcards, attempt: network_memory(
            max(
                8000 if wildcards.task in profiles_of_run else 4000,
                costs.megabytes("train", task=wildcards.task),
            )
        )
        * attempt
    )


def one_of(names):
    """A regular expression for these names and nothing else."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    genome=one_of(config["genomes"]),
    task=one_of(run.tasks),
    arm=one_of(models.contestants),
    size=r"all|\d+|0\.\d+",
    prediction=one_of(config["predict"]),
    attribution=one_of(config["attribute"]),
    variants=one_of(config["variants"]),
    location=one_of(LOCATIONS),
    seed=r"\d+",
    k=r"\d",


@cache
def code(script, *modules):
    """Digest of a script, of modules that it loads by name, and of every module of ours that these import.

    As a parameter, it reruns the jobs that a change of these files affects.
    """
    return code_digest(SCRIPTS / f"{script}.py", *modules)


def code_of_kind(script):
    """A function of the wildcards: digest of a script with the modules that it loads for the kind of the task."""
    digests = {
        task: code(script, *modules_of_kind(kind, script))
        for task, kind in run.kinds.items()
    }
    return with_signature(lambda wildcards: digests[wildcards.task])


def code_with(script, modules_of, *values):
    """Digest of a script with the modules that it loads for a job, which ``modules_of(*values)`` names."""
    return code(script, *modules_of(*values))


def per(names, function, *arguments):
    """A function of the wildcards: ``function(*arguments, ...)`` of the values of these, such as "task arm"."""
    names = names.split()
    return with_signature(
        lambda wildcards: function(
            *arguments, *(getattr(wildcards, name) for name in names)
        )
    )


def setting(wildcard, *keys):
    """A function of the wildcards: the setting under these keys of the entry that one names; None if not given."""
    return with_signature(
        lambda wildcards: run.setting(
            SECTIONS[wildcard], getattr(wildcards, wildcard), *keys
        )
    )


def input_file(pattern):
    """A function of the wildcards: the path of the input file of a key with wildcards, such as tasks.{task}.peaks."""
    return with_signature(lambda wildcards: run.local_path(pattern.format(**wildcards)))


def used_models(wildcard, file):
    """A function of the wildcards: a file of every arm, or of the model, that a prediction, attribution or set of variants uses."""
    return per(wildcard, uses.model_files, SECTIONS[wildcard], file)


def both_strands(wildcard):
    """A function of the wildcards: whether a prediction, attribution or set of variants averages both strands."""
    return per(wildcard, uses.average_strands, SECTIONS[wildcard])


@cache
def identity(file):
    """The identity of a file that this run does not make itself, and None of one that it makes."""
    is_made_here = file.startswith(run.path(""))
    return None if is_made_here else file_identity(Path(file))


def given_files(rule):
    """A function of the wildcards: the identities of those input files of the jobs of a rule that the user gave.

    It is an empty list for a rule whose inputs are all made by this run.

    As a parameter, they rerun a job if a file was replaced by an older one: Snakemake itself compares only times. The
    function may not take the inputs, because Snakemake does not look for changes of parameters that follow from these.
    """

    of_this_run = run.path("")
    if all(
        isinstance(file, str) and file.startswith(of_this_run) for file in rule.input
    ):
        return []

    def identities(wildcards):
        inputs = rule.expand_input(dict(wildcards.items()))[0]
        return [identity(file) for file in inputs if identity(file)]

    return with_signature(identities)


def input_priority(wildcards):
    """The priority of fetching or verifying a file: files that are checked come before the sequences of genomes."""
    return 0 if inputs.is_genome(wildcards.location) else CHECKS_FIRST
