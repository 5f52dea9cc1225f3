"""
Figures of a run, each as SVG and PNG.

Needs: evaluations, predictions and histories of every model, and peak counts and windows of every task.
Makes: figures/<figure>.svg and .png; the report shows the PNG, which is larger on a screen than the SVG
with the width of a printed column.
"""

SHOWN_EVALUATIONS, SHOWN_PREDICTIONS = (
    models.scores(run.classification, file, models.shown_for, main=True)
    for file in ("evaluation.json", "predictions.tsv")
)


rule plot_performance:
    input:
        evaluations=models.scores(run.classification, main=True),
    output:
        svg=run.path("figures/performance.svg"),
        png=report(
            run.path("figures/performance.png"),
            caption="../resources/captions/performance.rst",
            category="Results",
            labels={"figure": "AUROC and AUPRC"},
        ),
    log:
        run.path("logs/plot_performance.log"),
    benchmark:
        run.path("benchmarks/plot_performance.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_performance"),
    script:
        "../workflow_scripts/plot_performance.py"


rule plot_roc_and_precision_recall:
    input:
        predictions=SHOWN_PREDICTIONS,
        evaluations=SHOWN_EVALUATIONS,
    output:
        svg=run.path("figures/roc_and_precision_recall.svg"),
        png=report(
            run.path("figures/roc_and_precision_recall.png"),
            caption="../resources/captions/roc_and_precision_recall.rst",
            category="Results",
            labels={"figure": "ROC and precision-recall curves"},
        ),
    log:
        run.path("logs/plot_roc_and_precision_recall.log"),
    benchmark:
        run.path("benchmarks/plot_roc_and_precision_recall.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_roc_and_precision_recall"),
    script:
        "../workflow_scripts/plot_roc_and_precision_recall.py"


rule plot_calibration:
    input:
        evaluations=SHOWN_EVALUATIONS,
    output:
        svg=run.path("figures/calibration.svg"),
        png=report(
            run.path("figures/calibration.png"),
            caption="../resources/captions/calibration.rst",
            category="Results",
            labels={"figure": "Calibration"},
        ),
    log:
        run.path("logs/plot_calibration.log"),
    benchmark:
        run.path("benchmarks/plot_calibration.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_calibration"),
    script:
        "../workflow_scripts/plot_calibration.py"


rule plot_reverse_complement_error:
    input:
        evaluations=models.files("evaluation.json", run.classification, main=True),
    output:
        svg=run.path("figures/reverse_complement_error.svg"),
        png=report(
            run.path("figures/reverse_complement_error.png"),
            caption="../resources/captions/reverse_complement_error.rst",
            category="Results",
            labels={"figure": "Reverse-complement error"},
        ),
    log:
        run.path("logs/plot_reverse_complement_error.log"),
    benchmark:
        run.path("benchmarks/plot_reverse_complement_error.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_reverse_complement_error"),
    script:
        "../workflow_scripts/plot_reverse_complement_error.py"


rule plot_training_curves:
    input:
        histories=models.files(
            "history.tsv", run.classification, models.arms_for, main=True
        ),
        evaluations=models.files(
            "evaluation.json", run.classification, models.arms_for, main=True
        ),
    output:
        svg=run.path("figures/training_curves.svg"),
        png=report(
            run.path("figures/training_curves.png"),
            caption="../resources/captions/training_curves.rst",
            category="Training",
            labels={"figure": "Training curves"},
        ),
    log:
        run.path("logs/plot_training_curves.log"),
    benchmark:
        run.path("benchmarks/plot_training_curves.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_training_curves"),
    script:
        "../workflow_scripts/plot_training_curves.py"


rule plot_peak_accounting:
    input:
        counts=run.paths("tasks/{task}/peak_counts.tsv", task=run.on_genomes),
    output:
        svg=run.path("figures/peak_accounting.svg"),
        png=report(
            run.path("figures/peak_accounting.png"),
            caption="../resources/captions/peak_accounting.rst",
            category="Data",
            labels={"figure": "Peaks in, dropped and kept"},
        ),
    log:
        run.path("logs/plot_peak_accounting.log"),
    benchmark:
        run.path("benchmarks/plot_peak_accounting.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        tasks=run.on_genomes,
        code=code("plot_peak_accounting"),
    script:
        "../workflow_scripts/plot_peak_accounting.py"


rule plot_gc_matching:
    input:
        windows=run.paths("tasks/{task}/windows.tsv", task=run.binary),
    output:
        svg=run.path("figures/gc_matching.svg"),
        png=report(
            run.path("figures/gc_matching.png"),
            caption="../resources/captions/gc_matching.rst",
            category="Data",
            labels={"figure": "GC content of positives and negatives"},
        ),
    log:
        run.path("logs/plot_gc_matching.log"),
    benchmark:
        run.path("benchmarks/plot_gc_matching.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        tasks=run.binary,
        code=code("plot_gc_matching"),
    script:
        "../workflow_scripts/plot_gc_matching.py"
