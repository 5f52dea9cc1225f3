"""
The study: tables of all replicates, paired comparisons, claims and their tests, figures, and the page of results.

Needs: the evaluations and predictions of all contestants and baselines, at all training sizes.
Makes: summary.tsv, study/*.tsv, figures/study_*.svg and .png, and results.md, of which no number is written by hand.
"""


rule collect_study:
    input:
        evaluations=models.scores(run.tasks),
    output:
        summary=report(
            run.path("summary.tsv"),
            caption="../resources/captions/summary.rst",
            category="Results",
            labels={"figure": "Table of results"},
        ),
        arms=run.path("study/arms.tsv"),
        replicates=run.path("study/replicates.tsv"),
        means=run.path("study/means.tsv"),
        costs=run.path("study/costs.tsv"),
        selections=run.path("study/selections.tsv"),
    log:
        run.path("logs/collect_study.log"),
    benchmark:
        run.path("benchmarks/collect_study.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        arms_of_study=study.arm_rows(),
        code=code("collect_study"),
    script:
        "../workflow_scripts/collect_study.py"


rule compare_arms:
    input:
        replicates=run.path("study/replicates.tsv"),
        evaluations=models.scores(run.tasks),
        predictions=models.scores(run.tasks, file="predictions.tsv"),
    output:
        comparisons=run.path("study/comparisons.tsv"),
        claims=run.path("study/claims.tsv"),
        published=run.path("study/published.tsv"),
    log:
        run.path("logs/compare_arms.log"),
    benchmark:
        run.path("benchmarks/compare_arms.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        study=study.compared(),
        kinds=run.kinds,
        bootstraps=1000,
        seed=1,
        code=code("compare_arms"),
    script:
        "../workflow_scripts/compare_arms.py"


rule plot_study_arms:
    input:
        replicates=run.path("study/replicates.tsv"),
        means=run.path("study/means.tsv"),
        arms=run.path("study/arms.tsv"),
    output:
        svg=run.path("figures/study_arms.svg"),
        png=report(
            run.path("figures/study_arms.png"),
            caption="../resources/captions/study_arms.rst",
            category="Study",
            labels={"figure": "Arms"},
        ),
    log:
        run.path("logs/plot_study_arms.log"),
    benchmark:
        run.path("benchmarks/plot_study_arms.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        metrics=study.metrics,
        references=study.references,
        code=code("plot_study_arms"),
    script:
        "../workflow_scripts/plot_study_arms.py"


rule plot_study_sweep:
    input:
        means=run.path("study/means.tsv"),
        arms=run.path("study/arms.tsv"),
    output:
        svg=run.path("figures/study_{setting}_sweep.svg"),
        png=report(
            run.path("figures/study_{setting}_sweep.png"),
            caption="../resources/captions/study_sweep.rst",
            category="Study",
            labels={"figure": "Arms by {setting}"},
        ),
    log:
        run.path("logs/plot_study_sweep/{setting}.log"),
    benchmark:
        run.path("benchmarks/plot_study_sweep/{setting}.tsv")
    wildcard_constraints:
        setting=one_of(study.swept),
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        setting="{setting}",
        metrics=study.metrics,
        code=code("plot_study_sweep"),
    script:
        "../workflow_scripts/plot_study_sweep.py"


rule plot_study_learning_curves:
    input:
        means=run.path("study/means.tsv"),
    output:
        svg=run.path("figures/study_learning_curves.svg"),
        png=report(
            run.path("figures/study_learning_curves.png"),
            caption="../resources/captions/study_learning_curves.rst",
            category="Study",
            labels={"figure": "Learning curves"},
        ),
    log:
        run.path("logs/plot_study_learning_curves.log"),
    benchmark:
        run.path("benchmarks/plot_study_learning_curves.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        metrics=study.metrics,
        shown=study.at_all_sizes(),
        code=code("plot_study_learning_curves"),
    script:
        "../workflow_scripts/plot_study_learning_curves.py"


rule plot_study_gain:
    input:
        comparisons=run.path("study/comparisons.tsv"),
        means=run.path("study/means.tsv"),
    output:
        svg=run.path("figures/study_gain.svg"),
        png=report(
            run.path("figures/study_gain.png"),
            caption="../resources/captions/study_gain.rst",
            category="Study",
            labels={"figure": "Gain against training size"},
        ),
    log:
        run.path("logs/plot_study_gain.log"),
    benchmark:
        run.path("benchmarks/plot_study_gain.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        metrics=study.metrics,
        references=study.references,
        shown=study.at_all_sizes(),
        code=code("plot_study_gain"),
    script:
        "../workflow_scripts/plot_study_gain.py"


rule plot_study_flips:
    input:
        replicates=run.path("study/replicates.tsv"),
        arms=run.path("study/arms.tsv"),
    output:
        svg=run.path("figures/study_flips.svg"),
        png=report(
            run.path("figures/study_flips.png"),
            caption="../resources/captions/study_flips.rst",
            category="Study",
            labels={"figure": "Calls that differ between the strands"},
        ),
    log:
        run.path("logs/plot_study_flips.log"),
    benchmark:
        run.path("benchmarks/plot_study_flips.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        tasks=run.classification,
        code=code("plot_study_flips"),
    script:
        "../workflow_scripts/plot_study_flips.py"


rule write_results_page:
    input:
        **study.tables,
        windows=run.paths("tasks/{task}/windows.tsv", task=run.tasks),
        duplicates=run.paths("tasks/{task}/duplicates.tsv", task=run.labelled),
        correlations=run.paths(
            "variants/{name}.correlation.json", name=study.with_effects()
        ),
        figures=study.page_figures(),
    output:
        page=run.path("results.md"),
    log:
        run.path("logs/write_results_page.log"),
    benchmark:
        run.path("benchmarks/write_results_page.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        name=config["name"],
        kinds=run.kinds,
        metrics=study.metrics,
        references=study.references,
        code=code("write_results_page"),
    script:
        "../workflow_scripts/write_results_page.py"
