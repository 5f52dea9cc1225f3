"""
The functions by which the other files of rules/ name arms, their networks and the files that these leave.

A contestant is an arm, or a combination of arms: a mean of their networks, or the best of them.

Needs: the functions of common.smk.
Makes: nothing.
"""

ARCHITECTURE_KEYS = (
    "representation",
    "kmer",
    "channels",
    "plus_fraction",
    "conjoined",
    "geometry",
    "curvature",
    "k",
    "learnt",
)
# Settings of every training, of a task of any kind.
WHERE_TRAINED = ("device", "threads", "deterministic", "stacked_replicates")
# By which arms are compared and chosen, for each kind of task.
MAIN_METRICS = {"binary": "AUROC", "labelled": "AUROC", "profile": "Spearman 1 bp"}


def own_settings(arm, keys):
    """Those of these settings that an arm has."""
    return {key: ARMS[arm][key] for key in keys if key in ARMS[arm]}


def network_of(name, options):
    """The network of these options, as learning.models.networks.describe reads it."""
    own = {"pooling" if key == "head" else key: value for key, value in options.items()}
    own.pop("geometry", None)
    # The window of the task is added with its classes and tracks; any that is wide enough serves here.
    content = NetworkDescription.named(name, window=10**9, **own).to_dict()
    return {
        key: value
        for key, value in content.items()
        if key not in ("window", "classes", "tracks")
    }


def architecture(wildcards):
    """The network of an arm for binary or labelled tasks."""
    own = own_settings(wildcards.arm, ARCHITECTURE_KEYS)
    if is_hyperbolic(own):
        return network_of("hyperbolic", hyperbolic_layers(config, own))
    if wildcards.task in LABELLED_TASKS:
        return network_of("labelled", config["labelled"]["network"] | own)
    return network_of("binary", config["network"] | own)


def training_code(script, architecture):
    """A function of the wildcards: the digest of a training script and of the network that it trains."""
    return lambda wildcards: code(script, *modules_of(architecture(wildcards)))


def of_strands(arm):
    """How an arm is trained on both strands."""
    return own_settings(arm, ("reverse_complement_augmentation", "consistency"))


def training_settings(wildcards):
    """How the networks of an arm for binary or labelled tasks are trained."""
    settings = config["training"]
    if wildcards.task in LABELLED_TASKS:
        where = {key: settings[key] for key in WHERE_TRAINED}
        settings = config["labelled"]["training"] | where
    return settings | of_strands(wildcards.arm)


def arm_kmers(wildcards):
    """The k-mers that an arm reads; of labelled sequences the bases, which training may substitute."""
    if wildcards.task in LABELLED_TASKS:
        return run_path(f"tasks/{wildcards.task}/codes.npy")
    kmer = ARMS[wildcards.arm]["kmer"]
    return run_path(f"tasks/{wildcards.task}/kmers.k{kmer}.npy")


def task_classes(wildcards):
    """The names of the classes of a labelled task: one file or none."""
    labelled = wildcards.task in LABELLED_TASKS
    return [run_path(f"tasks/{wildcards.task}/classes.json")] if labelled else []


def model_file(file, task="{task}", contestant="{arm}", size="{size}"):
    """A file of all replicates of a contestant; without arguments, of that which the wildcards name."""
    return run_path(f"tasks/{task}/models/{contestant}/{size}/{file}")


def average_strands(contestant):
    """Whether a contestant is the mean of the answers on both strands of networks that do not see to that."""
    return STUDY["combinations"].get(contestant, {}).get("average_strands", False)


def members_of(contestant):
    """All arms that a contestant averages or chooses among, each once."""
    candidates = replicates_of(STUDY, contestant).candidates
    return unique(arm for candidate in candidates for arm in candidate)


def candidates_of(wildcards):
    """For each candidate of a contestant, the places among its members of the arms that are averaged."""
    members = members_of(wildcards.arm)
    candidates = replicates_of(STUDY, wildcards.arm).candidates
    return [[members.index(arm) for arm in candidate] for candidate in candidates]


def averaged_seeds(wildcards):
    """For each replicate of a contestant, the seeds of the networks that it averages."""
    return replicates_of(STUDY, wildcards.arm).seeds


def of_members(file):
    """A function of the wildcards: a file of every arm that a contestant averages or chooses among."""
    return lambda wildcards: [
        model_file(file, wildcards.task, arm, wildcards.size)
        for arm in members_of(wildcards.arm)
    ]


def used_model_files(file, use):
    """A file of every arm that the ``arm`` of a prediction, attribution or set of variants consists of."""
    size = train_sizes(config, use["task"], use["arm"])[-1]
    return [model_file(file, use["task"], arm, size) for arm in members_of(use["arm"])]


def arms_of_task(task):
    """The arms that are for tasks of the kind of this one."""
    return of_kind(ARMS, config["tasks"][task]["kind"])


def contestants_of_task(task):
    """The arms, and after them the combinations, that are for tasks of the kind of this one."""
    kind = config["tasks"][task]["kind"]
    return [name for name in CONTESTANTS if CONTESTANTS[name] == kind]


# What combinations choose among.
CANDIDATES = {
    arm
    for values in STUDY["combinations"].values()
    for arm in values.get("best_of", [])
}


def shown_contestants(task):
    """The contestants for a task, but for those of which a combination shows the best: so many as lines can be told."""
    return [name for name in contestants_of_task(task) if name not in CANDIDATES]


def model_files(file, tasks, contestants_of=contestants_of_task, main=False):
    """A file of all contestants for these tasks, task by task, contestant by contestant, size by size.

    ``main`` leaves out all sizes but the last of each contestant, which is the largest.
    """
    return [
        model_file(file, task, contestant, size)
        for task in tasks
        for contestant in contestants_of(task)
        for size in train_sizes(config, task, contestant)[-1 if main else 0 :]
    ]


def of_largest_size(file):
    """A function of the wildcards: a file of a contestant at the largest size that it has."""
    return lambda wildcards: model_file(
        file,
        wildcards.task,
        wildcards.arm,
        train_sizes(config, wildcards.task, wildcards.arm)[-1],
    )


def evaluation_files(
    tasks, main=False, file="evaluation.json", contestants_of=contestants_of_task
):
    """The metrics, or scores, of every contestant and baseline, task by task: contestants, then the baseline."""
    return [
        path
        for task in tasks
        for path in (
            *model_files(file, [task], contestants_of, main),
            *([baseline_file(file, task)] if task in CLASSIFICATION_TASKS else []),
        )
    ]


KINDS = {task: values["kind"] for task, values in config["tasks"].items()}
METRICS = {task: MAIN_METRICS[kind] for task, kind in KINDS.items()}
REFERENCES = {task: STUDY["reference"][kind] for task, kind in KINDS.items()}
BOOTSTRAPS = 1000
COMPARED = {
    "reference": STUDY["reference"],
    "metric": MAIN_METRICS,
    "claims": STUDY["claims"],
    "groups": {
        task: values["group"]
        for task, values in config["tasks"].items()
        if "group" in values
    },
    "published": [
        {"task": task} | value
        for task, values in config["tasks"].items()
        for value in values["published"]
    ],
}
# What families of arms differ in, each a figure.
SWEPT = [key for key in ("kmer", "plus_fraction") if families_with_several(ARMS, key)]
SIZES = {
    (task, name): train_sizes(config, task, name)
    for task in TASKS
    for name in contestants_of_task(task)
}
# What figures show against training size: what has all sizes, and of what a best is chosen among, that best alone.
AT_ALL_SIZES = unique(
    name
    for (task, name), sizes in SIZES.items()
    if name not in CANDIDATES
    and len(sizes)
    == max(len(SIZES[task, other]) for other in contestants_of_task(task))
)


def described_contestants():
    """The rows of the table of arms."""
    arms = [
        {"arm": name, "training": training_of(arm), "combination": ""} | arm
        for name, arm in ARMS.items()
    ]
    combinations = [
        {"arm": name, "kind": CONTESTANTS[name], "combination": how_combined(values)}
        for name, values in STUDY["combinations"].items()
    ]
    return arms + combinations


def training_of(arm):
    """How an arm treats the strands in training."""
    if arm.get("conjoined"):
        return "conjoined"
    if "consistency" in arm:
        return "consistent"
    augmented = arm.get("reverse_complement_augmentation")
    return "augmented" if augmented else "plain"


def how_combined(combination):
    """A combination in a few words."""
    members = combination.get("arms") or combination["best_of"]
    parts = [
        "best of" if "best_of" in combination else "mean of" if members[1:] else "",
        ", ".join(members),
        f"x {combination['replicates']} seeds" if combination["replicates"] > 1 else "",
        "on both strands" if combination["average_strands"] else "",
    ]
    return " ".join(filter(None, parts))


def study_tables():
    """The tables of the study by name."""
    names = (
        "replicates",
        "means",
        "costs",
        "comparisons",
        "claims",
        "published",
        "selections",
    )
    return {name: run_path(f"study/{name}.tsv") for name in names}


def study_figures():
    """The names of the figures of the study that this one gives something to draw in."""
    has_sizes = any(len(sizes) > 1 for sizes in SIZES.values())
    return [
        "study_arms",
        *(f"study_{setting}_sweep" for setting in SWEPT),
        *(["study_learning_curves", "study_gain"] if has_sizes else []),
        *(["study_flips"] if CLASSIFICATION_TASKS else []),
        *(["hyperbolicity"] if MEASURES_HYPERBOLICITY else []),
    ]


MEASURES_HYPERBOLICITY = bool("hyperbolicity" in config and CLASSIFICATION_TASKS)


def embedded_models():
    """The task and arm of all networks whose embeddings are measured."""
    return [(task, arm) for task in CLASSIFICATION_TASKS for arm in arms_of_task(task)]


def embedding_distances():
    """The distances between the embeddings of these networks, at the largest size."""
    return model_files(
        "embedding_distances.npy", CLASSIFICATION_TASKS, arms_of_task, main=True
    )


def hyperbolicity_files():
    """What the measurement of embeddings leaves, its figure apart; nothing where it is not asked for."""
    if not MEASURES_HYPERBOLICITY:
        return []
    tables = ("study/hyperbolicity.tsv", "study/reference_spaces.tsv")
    return [*embedding_distances(), *map(run_path, tables)]


def figures_of_page():
    """The figures that the page of results shows."""
    shown = study_figures() + (["calibration"] if CLASSIFICATION_TASKS else [])
    variants = [f"variants/{name}" for name in WITH_EFFECTS]
    return [run_path(f"figures/{figure}.png") for figure in shown + variants]
