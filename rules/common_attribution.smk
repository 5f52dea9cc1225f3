"""
The functions by which attribution.smk names files and settings.

Needs: the functions of common.smk.
Makes: nothing.
"""


def of_attribution(key):
    """A function of the wildcards: a setting of an attribution; None where it has none."""
    return lambda wildcards: config["attribute"][wildcards.attribution].get(key)


def explained_task(file):
    """A function of the wildcards: a file of the task that an attribution explains."""

    def path(wildcards):
        task = config["attribute"][wildcards.attribution]["task"]
        return run_path(f"tasks/{task}/{file}")

    return path


def explained_model(file):
    """A function of the wildcards: a file of every network that an attribution averages."""

    def paths(wildcards):
        return used_model_files(file, config["attribute"][wildcards.attribution])

    return paths


def explained_strands(wildcards):
    """Whether an attribution explains the mean of the answers on both strands."""
    return average_strands(config["attribute"][wildcards.attribution]["arm"])


def explained_control(wildcards):
    """The counts of the control of the task that an attribution explains: one file or none."""
    task = config["attribute"][wildcards.attribution]["task"]
    return run_paths(
        "tasks/{task}/control.npy", task=[task] if task in WITH_CONTROL else []
    )


def explained_genome(file):
    """A function of the wildcards: a file of the genome of the task that an attribution explains."""

    def path(wildcards):
        task = config["attribute"][wildcards.attribution]["task"]
        return run_path(f"genomes/{config['tasks'][task]['genome']}/{file}")

    return path


def explained_head(wildcards):
    """What an attribution explains of the answer of a network."""
    attribution = config["attribute"][wildcards.attribution]
    is_binary = attribution["task"] in BINARY_TASKS
    return "logit" if is_binary else attribution.get("head", "profile")


def known_motifs(wildcards):
    """Matrices that the motifs of an attribution are compared with."""
    count = len(config["attribute"][wildcards.attribution]["known_motifs"])
    keys = [f"attribute.{wildcards.attribution}.known_motifs.{n}" for n in range(count)]
    return local_paths(*keys)
