"""
The study: tables of all replicates, paired comparisons, claims and their tests, near-copies, and the page of results.

Needs: the evaluations and predictions of all contestants and baselines, at all training sizes, and the windows of all
tasks.
Makes: summary.tsv, study/*.tsv and results.md, of which no number is written by hand.
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
        subsets=run.path("study/subsets.tsv"),
        costs=run.path("study/costs.tsv"),
        selections=run.path("study/selections.tsv"),
        validation=run.path("study/validation.tsv"),
        positions=run.path("study/positions.tsv"),
    log:
        run.path("logs/collect_study.log"),
    benchmark:
        run.path("benchmarks/collect_study.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(2000),
        runtime=each_attempt(30),
    params:
        arms_of_study=study.arm_rows(),
        code=code("collect_study"),
    script:
        "../workflow_scripts/collect_study.py"


rule count_near_copies:
    input:
        windows=run.paths("tasks/{task}/windows.tsv", task=run.tasks),
        codes=run.paths("tasks/{task}/codes.npy", task=run.tasks),
        near_copies=run.paths("tasks/{task}/near_copies.npy", task=run.tasks),
    output:
        table=run.path("study/near_copies.tsv"),
    log:
        run.path("logs/count_near_copies.log"),
    benchmark:
        run.path("benchmarks/count_near_copies.tsv")
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("count_near_copies"),
        runtime=minutes_for("count_near_copies"),
    params:
        tasks=list(run.tasks),
        code=code("count_near_copies"),
    script:
        "../workflow_scripts/count_near_copies.py"


rule compare_arms:
    input:
        replicates=run.path("study/replicates.tsv"),
        evaluations=models.scores(run.tasks),
        predictions=models.scores(run.tasks, file="predictions.tsv"),
    output:
        intervals=run.path("study/intervals.tsv"),
        comparisons=run.path("study/comparisons.tsv"),
        claims=(
            report(
                run.path("study/claims.tsv"),
                caption="../resources/captions/claims.rst",
                category="Study",
                labels={"figure": "Verdicts on the claims"},
            )
            if config["study"]["claims"]
            else run.path("study/claims.tsv")
        ),
        published=run.path("study/published.tsv"),
    log:
        run.path("logs/compare_arms.log"),
    benchmark:
        run.path("benchmarks/compare_arms.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(8000),
        runtime=each_attempt(120),
    params:
        study=study.compared(),
        kinds=run.kinds,
        code=code("compare_arms"),
    script:
        "../workflow_scripts/compare_arms.py"


rule write_results_page:
    input:
        **study.tables,
        windows=run.paths("tasks/{task}/windows.tsv", task=run.tasks),
        peaks=run.paths("tasks/{task}/peak_counts.tsv", task=run.on_genomes),
        duplicates=run.paths("tasks/{task}/duplicates.tsv", task=run.labelled),
        removals=run.paths("tasks/{task}/window_counts.tsv", task=run.without_copies),
        correlations=run.paths(
            "variants/{name}.correlation.json", name=study.with_effects()
        ),
        channels=[
            models.channels_file(task) for task in models.tasks_with_matched_arms()
        ],
        motifs=run.paths("attributions/{name}.motifs.tsv", name=config["attribute"]),
        searches=run.paths("attributions/{name}.search.json", name=config["attribute"]),
        figures=list(page_figures(plan).values()),
    output:
        page=run.path("results.md"),
        answers=run.path("answers.rst"),
    log:
        run.path("logs/write_results_page.log"),
    benchmark:
        run.path("benchmarks/write_results_page.tsv")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(2000),
        runtime=each_attempt(10),
    params:
        titles=list(page_figures(plan)),
        name=config["name"],
        kinds=run.kinds,
        metrics=study.metrics,
        references=study.references,
        networks=study.networks(),
        attributions=uses.attributed(),
        scores=uses.score_files(),
        code=code("write_results_page"),
    script:
        "../workflow_scripts/write_results_page.py"
