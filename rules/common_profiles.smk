"""
The functions by which profiles.smk and its kin name files and settings.

Needs: the functions of common.smk.
Makes: nothing.
"""


def strand_files(source, strand):
    """A function of a task: the bigWigs of a strand of its counts or control, made or given."""

    def files(task):
        given = config["tasks"][task].get(source, {})
        if "reads" in given:
            return [
                run_path(f"tasks/{task}/signal/{source}.{n}.{strand}.bw")
                for n in range(len(given["reads"]))
            ]
        keys = [
            f"tasks.{task}.{source}.{strand}.{n}"
            for n in range(len(given.get(strand, [])))
        ]
        return local_paths(*keys)

    return files


def of_task(function):
    """A function of the wildcards: what a function of a task gives for the task that they name."""
    return lambda wildcards: function(wildcards.task)


def profile_control(wildcards):
    """The counts of the control of a task: one file or none."""
    if wildcards.task not in WITH_CONTROL:
        return []
    return [run_path(f"tasks/{wildcards.task}/control.npy")]


def profile_architecture(wildcards):
    """The network of an arm for profile tasks, with its window."""
    own = dict(config["profile"]["network"])
    window = own.pop("window")
    own |= own_settings(wildcards.arm, ARCHITECTURE_KEYS)
    return network_of("profile", own) | {"window": window}


def profile_training(wildcards):
    """How the networks of an arm for profile tasks are trained."""
    where = {key: config["training"][key] for key in WHERE_TRAINED}
    return config["profile"]["training"] | where | of_strands(wildcards.arm)


def predictions_of(tasks):
    """The predictions of networks of these tasks."""
    return [
        name for name, values in config["predict"].items() if values["task"] in tasks
    ]


def predicted_control(strand):
    """A function of the wildcards: the bigWigs of a strand of the control; none where it is not of what is predicted."""

    def files(wildcards):
        prediction = config["predict"][wildcards.prediction]
        task = prediction["task"]
        if prediction.get("genome") != config["tasks"][task].get("genome"):
            return []
        return strand_files("control", strand)(task)

    return files


def motif_sites(wildcards):
    """The table of the motifs that the simulated experiment planted for a task: one file or none."""
    peaks = config["tasks"][wildcards.task]["peaks"]
    table = peaks.removesuffix(".narrowPeak") + ".sites.tsv"
    return [table] if table in simulated_files(config) else []


def sample_labels(wildcards):
    """The names of the signal of both strands, in the order of the sources, + strands first."""
    return [
        sign if number == 0 else f"{sign} {number + 1}"
        for sign, strand in (("+", "plus"), ("−", "minus"))
        for number, _ in enumerate(strand_files("counts", strand)(wildcards.task))
    ]


def sample_colours(wildcards):
    """The colours of sample_labels, those of the strands in the other figures."""
    return [
        colour
        for colour, strand in (("#0072B2", "plus"), ("#D55E00", "minus"))
        for _ in strand_files("counts", strand)(wildcards.task)
    ]


def sources_of_reads(task):
    """The BAM files of a task as (counts or control, number)."""
    return [
        (source, n)
        for source in ("counts", "control")
        for n in range(len(config["tasks"][task].get(source, {}).get("reads", [])))
    ]


def files_of_reads(task):
    """What is made of the reads of a task; nothing where bigWigs are given."""
    return [
        run_path(f"tasks/{task}/signal/{source}.{n}.{suffix}")
        for source, n in sources_of_reads(task)
        for suffix in ("plus.bw", "minus.bw", "reads.tsv", "bam", "bam.bai")
    ]


def tasks_with_reads():
    """The profile tasks whose counts come from BAM files."""
    return [
        task for task in PROFILE_TASKS if "reads" in config["tasks"][task]["counts"]
    ]


def tasks_with_replicates():
    """The profile tasks whose counts have several sources."""
    return [
        task for task in PROFILE_TASKS if len(strand_files("counts", "plus")(task)) > 1
    ]


def indexed_reads(suffix):
    """A function of a task: its BAM files, counts first, or their indices."""
    return lambda task: [
        run_path(f"tasks/{task}/signal/{source}.{n}.{suffix}")
        for source, n in sources_of_reads(task)
    ]


def labels_of_reads(task):
    """The names of the BAM files of a task in figures."""
    return [f"{source} {n + 1}" for source, n in sources_of_reads(task)]
