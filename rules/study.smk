"""
The study: tables of all replicates, paired comparisons, claims and their tests, figures, and the page of results.

Needs: the evaluations and predictions of all contestants and baselines, at all training sizes.
Makes: study/*.tsv, figures/study_*.svg and .png, and results.md, of which no number is written by hand.
"""


rule collect_study:
    input:
        evaluations=evaluation_files(TASKS),
    output:
        arms=run_path("study/arms.tsv"),
        replicates=run_path("study/replicates.tsv"),
        means=run_path("study/means.tsv"),
        costs=run_path("study/costs.tsv"),
        selections=run_path("study/selections.tsv"),
    log:
        run_path("logs/collect_study.log"),
    benchmark:
        run_path("benchmarks/collect_study.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        arms_of_study=described_contestants(),
        code=code("collect_study"),
    script:
        "../workflow_scripts/collect_study.py"


rule compare_arms:
    input:
        replicates=run_path("study/replicates.tsv"),
        evaluations=evaluation_files(TASKS),
        predictions=evaluation_files(TASKS, file="predictions.tsv"),
    output:
        comparisons=run_path("study/comparisons.tsv"),
        claims=run_path("study/claims.tsv"),
        published=run_path("study/published.tsv"),
    log:
        run_path("logs/compare_arms.log"),
    benchmark:
        run_path("benchmarks/compare_arms.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        study=COMPARED,
        kinds=KINDS,
        bootstraps=BOOTSTRAPS,
        seed=1,
        code=code("compare_arms"),
    script:
        "../workflow_scripts/compare_arms.py"


rule plot_study_arms:
    input:
        replicates=run_path("study/replicates.tsv"),
        means=run_path("study/means.tsv"),
        arms=run_path("study/arms.tsv"),
    output:
        svg=run_path("figures/study_arms.svg"),
        png=report(
            run_path("figures/study_arms.png"),
            caption="../resources/captions/study_arms.rst",
            category="Study",
            labels={"figure": "Arms"},
        ),
    log:
        run_path("logs/plot_study_arms.log"),
    benchmark:
        run_path("benchmarks/plot_study_arms.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        metrics=METRICS,
        references=REFERENCES,
        code=code("plot_study_arms"),
    script:
        "../workflow_scripts/plot_study_arms.py"


rule plot_study_sweep:
    input:
        means=run_path("study/means.tsv"),
        arms=run_path("study/arms.tsv"),
    output:
        svg=run_path("figures/study_{setting}_sweep.svg"),
        png=report(
            run_path("figures/study_{setting}_sweep.png"),
            caption="../resources/captions/study_sweep.rst",
            category="Study",
            labels={"figure": "Arms by {setting}"},
        ),
    log:
        run_path("logs/plot_study_sweep/{setting}.log"),
    benchmark:
        run_path("benchmarks/plot_study_sweep/{setting}.tsv")
    wildcard_constraints:
        setting=one_of(SWEPT),
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        setting="{setting}",
        metrics=METRICS,
        code=code("plot_study_sweep"),
    script:
        "../workflow_scripts/plot_study_sweep.py"


rule plot_study_learning_curves:
    input:
        means=run_path("study/means.tsv"),
    output:
        svg=run_path("figures/study_learning_curves.svg"),
        png=report(
            run_path("figures/study_learning_curves.png"),
            caption="../resources/captions/study_learning_curves.rst",
            category="Study",
            labels={"figure": "Learning curves"},
        ),
    log:
        run_path("logs/plot_study_learning_curves.log"),
    benchmark:
        run_path("benchmarks/plot_study_learning_curves.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        metrics=METRICS,
        shown=AT_ALL_SIZES,
        code=code("plot_study_learning_curves"),
    script:
        "../workflow_scripts/plot_study_learning_curves.py"


rule plot_study_gain:
    input:
        comparisons=run_path("study/comparisons.tsv"),
        means=run_path("study/means.tsv"),
    output:
        svg=run_path("figures/study_gain.svg"),
        png=report(
            run_path("figures/study_gain.png"),
            caption="../resources/captions/study_gain.rst",
            category="Study",
            labels={"figure": "Gain against training size"},
        ),
    log:
        run_path("logs/plot_study_gain.log"),
    benchmark:
        run_path("benchmarks/plot_study_gain.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        metrics=METRICS,
        references=REFERENCES,
        shown=AT_ALL_SIZES,
        code=code("plot_study_gain"),
    script:
        "../workflow_scripts/plot_study_gain.py"


rule plot_study_flips:
    input:
        replicates=run_path("study/replicates.tsv"),
        arms=run_path("study/arms.tsv"),
    output:
        svg=run_path("figures/study_flips.svg"),
        png=report(
            run_path("figures/study_flips.png"),
            caption="../resources/captions/study_flips.rst",
            category="Study",
            labels={"figure": "Calls that differ between the strands"},
        ),
    log:
        run_path("logs/plot_study_flips.log"),
    benchmark:
        run_path("benchmarks/plot_study_flips.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        tasks=CLASSIFICATION_TASKS,
        code=code("plot_study_flips"),
    script:
        "../workflow_scripts/plot_study_flips.py"


rule write_results_page:
    input:
        **study_tables(),
        windows=expand(run_path("tasks/{task}/windows.tsv"), task=TASKS),
        duplicates=expand(run_path("tasks/{task}/duplicates.tsv"), task=LABELLED_TASKS),
        correlations=expand(
            run_path("variants/{name}.correlation.json"), name=WITH_EFFECTS
        ),
        figures=figures_of_page(),
    output:
        page=run_path("results.md"),
    log:
        run_path("logs/write_results_page.log"),
    benchmark:
        run_path("benchmarks/write_results_page.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        name=config["name"],
        kinds=KINDS,
        metrics=METRICS,
        references=REFERENCES,
        code=code("write_results_page"),
    script:
        "../workflow_scripts/write_results_page.py"
