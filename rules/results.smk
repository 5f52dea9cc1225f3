"""
The files that a run promises to leave behind.

Needs: the functions of common.smk.
Makes: the list that the whole workflow aims at. It names intermediate files too, for Snakemake makes a deleted file
again only where it is asked for.
"""

TABLES_OF_A_RUN = [
    "summary.tsv",
    "provenance.json",
    "config.yaml",
    "checked/intervals.tsv",
    "checked/regions.tsv",
]
FIGURES = [
    "performance",
    "roc_and_precision_recall",
    "calibration",
    "reverse_complement_error",
    "training_curves",
    "peak_accounting",
    "gc_matching",
]
GENOME_FILES = ["genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes"]
TASK_FILES = [
    "positives.tsv",
    "peaks.bed",
    "peak_counts.tsv",
    "negatives.tsv",
    "negatives.bed",
    "negative_counts.tsv",
    "windows.tsv",
    "codes.npy",
]
SCORES_OF_A_MODEL = ["evaluation.json", "predictions.tsv"]
MODEL_FILES = ["weights.safetensors", "model.json", "history.tsv", *SCORES_OF_A_MODEL]
SIGNAL_FILES = [
    "signal/{task}.positives.bed",
    "signal/{task}.matrix.gz",
    "figures/signal/{task}.heatmap.svg",
    "figures/signal/{task}.heatmap.png",
    "figures/signal/{task}.profile.svg",
    "figures/signal/{task}.profile.png",
]


def run_paths(pattern, **values):
    """Paths among the results of this run, for every combination of the values."""
    return expand(run_path(pattern), **values)


def genome_outputs():
    """Of every genome that a task or prediction reads, and of sequences that a prediction brings itself."""
    return [
        *run_paths("genomes/{genome}/{file}", genome=GENOMES, file=GENOME_FILES),
        *run_paths("predictions/{name}/{file}", name=WITH_SEQUENCES, file=GENOME_FILES),
    ]


def task_outputs():
    """Windows, sequences and signal of every task."""
    kmers = {BASELINE_KMER} | {arm["kmer"] for arm in config["arms"].values()}
    with_signal = [task for task in TASKS if "signal" in config["tasks"][task]]
    return [
        *run_paths("tasks/{task}/{file}", task=TASKS, file=TASK_FILES),
        *run_paths("tasks/{task}/kmers.k{k}.npy", task=TASKS, k=sorted(kmers)),
        *(path for file in SIGNAL_FILES for path in run_paths(file, task=with_signal)),
    ]


def model_outputs():
    """Every trained network and baseline, with its scores."""
    return [
        *(path for file in MODEL_FILES for path in model_files(file)),
        *(baseline_file(file, task) for file in SCORES_OF_A_MODEL for task in TASKS),
    ]


def final_outputs():
    """Everything that a user gets."""
    return [
        *run_paths("{file}", file=TABLES_OF_A_RUN),
        *run_paths("figures/{figure}.{format}", figure=FIGURES, format=["svg", "png"]),
        *run_paths(
            "predictions/{name}.{format}",
            name=list(config["predict"]),
            format=["tsv", "bw"],
        ),
        *model_outputs(),
        *task_outputs(),
        *genome_outputs(),
        *sorted(simulated_files(config)),
        *(
            path
            for path in input_files().values()
            if path.startswith(run_path("downloads/"))
        ),
    ]
