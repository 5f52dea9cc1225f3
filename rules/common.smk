"""
The checked configuration, and the functions by which the other files of rules/ name files and settings.

Needs: the configuration.
Makes: nothing.
"""

import os
import re
import sys
from functools import cache
from pathlib import Path

from snakemake.logging import logger

ROOT = Path(workflow.basedir)
SCRIPTS = ROOT / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

# Shell commands find what is installed beside Snakemake's own Python (deepTools) without its environment activated.
# Snakemake tells every library but numba how many threads a job has, and numba takes all cores of the machine.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]),
    NUMBA_NUM_THREADS="1",
)

from study.families import families_with_several
from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER
from rc_equivariant.descriptions.networks import NetworkDescription, modules_of
from workflow_support.code_digest import code_digest
from workflow_support.configuration import (
    contestants,
    hyperbolic_layers,
    is_hyperbolic,
    of_kind,
    profile_length,
    replicates_of,
    resolve,
    simulated_files,
    train_sizes,
)
from workflow_support.errors import InputError
from workflow_support.configuration.origins import FILES_VARIABLE
from workflow_support.provenance import file_digest

# An InputError says all that a user needs; a traceback through this file would only bury it.
try:
    config, LOCATIONS = resolve(
        config,
        [Path(file) for file in workflow.configfiles],
        ROOT / "resources/schemas/config.schema.json",
    )
except InputError as error:
    logger.error(str(error))
    sys.exit(1)

os.environ[FILES_VARIABLE] = os.pathsep.join(map(str, workflow.configfiles))

STUDY = config["study"]
TASKS, ARMS, SEEDS = list(config["tasks"]), STUDY["arms"], STUDY["seeds"]
# Arms and the combinations of them, which are evaluated alike, with the kind of task that they are for.
CONTESTANTS = contestants(STUDY)
BINARY_TASKS, LABELLED_TASKS, PROFILE_TASKS = (
    of_kind(config["tasks"], kind) for kind in ("binary", "labelled", "profile")
)
CLASSIFICATION_TASKS = BINARY_TASKS + LABELLED_TASKS
TASKS_ON_GENOMES = BINARY_TASKS + PROFILE_TASKS
WITH_CONTROL = [task for task in PROFILE_TASKS if "control" in config["tasks"][task]]
GENOMES = sorted(
    {
        values["genome"]
        for values in (*config["tasks"].values(), *config["predict"].values())
        if "genome" in values
    }
    | {genome for values in config["variants"].values() for genome in values["genomes"]}
)
WITH_SEQUENCES = [
    name for name, values in config["predict"].items() if "sequences" in values
]
WITH_EFFECTS = [
    name
    for name, values in config["variants"].items()
    if "effect" in values.get("columns", {})
]
INTERVAL_KEYS = re.compile(
    r"genomes\..+\.blacklist|tasks\..+\.unlabelled\.\d+|predict\..+\.regions"
)
GPUS = 1 if config["training"]["device"] == "cuda" else 0
# What a training may take at every attempt: each goes on from the checkpoint of the one before, and limits that grew would
# soon be longer than partitions of GPUs allow.
TRAINING_MINUTES = 480


def network_memory(megabytes):
    """The memory of a job that runs networks: on a GPU, CUDA's libraries and context take some gigabytes of the host's."""
    return int(megabytes) + 4000 * GPUS


def one_of(names):
    """A regular expression for these names and nothing else."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    genome=one_of(config["genomes"]),
    task=one_of(TASKS),
    arm=one_of(CONTESTANTS),
    size=r"all|\d+|0\.\d+",
    prediction=one_of(config["predict"]),
    attribution=one_of(config["attribute"]),
    variants=one_of(config["variants"]),
    location=one_of(LOCATIONS),
    seed=r"\d+",
    k=r"\d",


def run_path(path):
    """A path among the results of this run; wildcards stay as they are."""
    return f"results/{config['name']}/{path}"


# What follows a command that writes {output.matrix} as gzip: it takes out the time of writing (bytes 4 to 7, RFC 1952), so
# that the same content is the same file.
WITHOUT_TIME = (
    " && printf '\\0\\0\\0\\0'"
    " | dd of={output.matrix:q} bs=1 seek=4 conv=notrunc status=none"
)
CHECKED_INTERVALS = run_path("checked/intervals.tsv")
CHECKED_REGIONS = run_path("checked/regions.tsv")


@cache
def code(script, *modules):
    """Digest of a script and of every module of ours that it imports: as a parameter, it reruns what they change."""
    return code_digest(SCRIPTS / f"{script}.py", modules)


def local_path(key):
    """Where the input file under a key of the configuration, such as tasks.CTCF.peaks, lies or will lie.

    What is fetched or has a checksum goes through downloads/.
    """
    location = LOCATIONS[key]
    if location.is_remote or location.checksum:
        return run_path(f"downloads/{key}")
    return location.address


def local_paths(*keys):
    """Where the input files under these keys lie; keys that the configuration does not give name nothing."""
    return [local_path(key) for key in keys if key in LOCATIONS]


def unique(paths):
    """Each path once."""
    return list(dict.fromkeys(paths))


def before_genomes(wildcards):
    """The check for which what is fetched or verified has to wait: one file for a genome, else none."""
    is_genome = wildcards.location in {f"genomes.{name}.fasta" for name in GENOMES}
    return [ancient(CHECKED_INTERVALS)] if is_genome else []


def splits_in_use():
    """The splits of all tasks as (key, genome, splits), those of a genome once for all tasks that take them."""
    used = {}
    for task in TASKS_ON_GENOMES:
        genome, splits = (config["tasks"][task][key] for key in ("genome", "splits"))
        is_own = splits != config["genomes"][genome]["splits"]
        key = ("tasks", task, "splits") if is_own else ("genomes", genome, "splits")
        used[key] = (key, genome, splits)
    return list(used.values())


def contigs_to_predict():
    """The contigs that predictions score whole as (key, genome, contigs)."""
    return [
        (("predict", name, "contigs"), values["genome"], values["contigs"])
        for name, values in config["predict"].items()
        if "contigs" in values
    ]


def regions_to_predict():
    """The BED files of regions that predictions score as (key, genome)."""
    return [
        (("predict", name, "regions"), values["genome"])
        for name, values in config["predict"].items()
        if "regions" in values
    ]


def blacklist(wildcards):
    """The blacklist of a task's genome: one file or none."""
    return local_paths(f"genomes.{config['tasks'][wildcards.task]['genome']}.blacklist")


def unlabelled(wildcards):
    """The BED files of a task's regions without known labels."""
    count = len(config["tasks"][wildcards.task]["unlabelled"])
    return local_paths(
        *(f"tasks.{wildcards.task}.unlabelled.{index}" for index in range(count))
    )


def files_of_splits(task):
    """The keys under which a labelled task gives its files: one for each split, or all."""
    files = config["tasks"][task]["sequences"]
    return [key for key in ("train", "validation", "test", "all") if key in files]


def splits_of_files(wildcards):
    """The split of each file of a labelled task; None where one file holds all."""
    splits = files_of_splits(wildcards.task)
    return None if splits == ["all"] else splits


def task_setting(*keys):
    """A function of the wildcards: the setting under these keys of a task; None where it has none."""

    def setting(wildcards):
        value = config["tasks"][wildcards.task]
        for key in keys:
            value = value.get(key)
        return value

    return setting


def task_genome(file):
    """A function of the wildcards: a file of the genome of a task."""
    return lambda wildcards: run_path(
        f"genomes/{config['tasks'][wildcards.task]['genome']}/{file}"
    )


def window_width(wildcards):
    """Bases of the windows of a task; those of a profile task have a margin to be moved in."""
    task = config["tasks"][wildcards.task]
    if task["kind"] == "binary":
        return task["windows"]["width"]
    return config["profile"]["network"]["window"] + 2 * config["profile"]["jitter"]


def baseline_file(file, task):
    """A file of the k-mer baseline of a task."""
    return run_path(f"tasks/{task}/models/{BASELINE_ARM}/{file}")


def of_predicted_model(file):
    """A function of the wildcards: a file of every network that a prediction averages."""
    return lambda wildcards: used_model_files(
        file, config["predict"][wildcards.prediction]
    )


def predicted_strands(wildcards):
    """Whether a prediction is the mean of the answers on both strands."""
    return average_strands(config["predict"][wildcards.prediction]["arm"])


def predicted_sequence(file):
    """A function of the wildcards: a file of the sequence that a prediction scores, its own or a genome's."""

    def path(wildcards):
        prediction = config["predict"][wildcards.prediction]
        if "sequences" in prediction:
            return run_path(f"predictions/{wildcards.prediction}/{file}")
        return run_path(f"genomes/{prediction['genome']}/{file}")

    return path


def predicted_regions(wildcards):
    """The BED file of the regions that a prediction scores: one file or none."""
    return local_paths(f"predict.{wildcards.prediction}.regions")


def prediction_setting(key):
    """A function of the wildcards: a setting of a prediction; None where it has none."""
    return lambda wildcards: config["predict"][wildcards.prediction].get(key)


def input_files():
    """Every file that this run reads and does not make, by its key in the configuration."""
    motifs = {
        f"simulation.tfs.{name}.motif": factor["motif"]
        for name, factor in config.get("simulation", {}).get("tfs", {}).items()
    } | {
        f"phylogenies.{name}.motif.matrix": values["motif"]["matrix"]
        for name, values in config["phylogenies"].items()
        if "motif" in values
    }
    return {key: local_path(key) for key in LOCATIONS} | motifs


def motif_of_phylogeny(wildcards):
    """The motif that comes and goes along a phylogeny: one file or none."""
    motif = config["phylogenies"][wildcards.phylogeny].get("motif")
    return [motif["matrix"]] if motif else []


def simulated_factors(section=None):
    """The transcription factors of the simulated experiment: all, or those with a section of their own."""
    factors = config.get("simulation", {}).get("tfs", {})
    return [
        name for name, values in factors.items() if not section or section in values
    ]


def settings_of_simulation():
    """The settings of the simulated genome, sites and peaks, which those of the reads do not change."""
    simulation = config["simulation"]
    factors = {
        name: {key: value for key, value in values.items() if key != "nexus"}
        for name, values in simulation["tfs"].items()
    }
    own = {key: value for key, value in simulation.items() if key != "seed"}
    return own | {"tfs": factors}
