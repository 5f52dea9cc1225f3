"""
Evaluation: contestants and baseline on the test split, the table of results, and what the run was made from.

Needs: tasks/<task>/windows.tsv, codes.npy and kmers.k6.npy, and the trained networks.
Makes: evaluation.json and predictions.tsv for every contestant, at every size, and baseline, summary.tsv,
provenance.json, config.yaml, rule_times.tsv, arm_times.tsv.
"""


rule evaluate_network:
    input:
        windows=run_path("tasks/{task}/windows.tsv"),
        codes=run_path("tasks/{task}/codes.npy"),
        weights=of_members("weights.safetensors"),
        models=of_members("models.json"),
    output:
        evaluation=model_file("evaluation.json"),
        predictions=model_file("predictions.tsv"),
    log:
        run_path("logs/evaluate_network/{task}/{arm}/{size}.log"),
    benchmark:
        run_path("benchmarks/evaluate_network/{task}/{arm}/{size}.tsv")
    wildcard_constraints:
        task=one_of(CLASSIFICATION_TASKS),
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(4000) * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        task="{task}",
        arm="{arm}",
        size="{size}",
        seeds=averaged_seeds,
        candidates=candidates_of,
        average_strands=lambda wildcards: average_strands(wildcards.arm),
        device=config["training"]["device"],
        threads=config["training"]["threads"],
        code=code("evaluate_network"),
    script:
        "../workflow_scripts/evaluate_network.py"


rule fit_kmer_baseline:
    input:
        windows=run_path("tasks/{task}/windows.tsv"),
        kmers=run_path(f"tasks/{{task}}/kmers.k{BASELINE_KMER}.npy"),
    output:
        evaluation=baseline_file("evaluation.json", "{task}"),
        predictions=baseline_file("predictions.tsv", "{task}"),
    log:
        run_path("logs/fit_kmer_baseline/{task}.log"),
    benchmark:
        run_path("benchmarks/fit_kmer_baseline/{task}.tsv")
    wildcard_constraints:
        task=one_of(CLASSIFICATION_TASKS),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        task="{task}",
        kind=task_setting("kind"),
        # The fit draws nothing at random; its tables have a seed because those of the networks do.
        seed=0,
        code=code("fit_kmer_baseline"),
    script:
        "../workflow_scripts/fit_kmer_baseline.py"


rule summarise_run:
    input:
        evaluations=evaluation_files(TASKS),
    output:
        summary=report(
            run_path("summary.tsv"),
            caption="../resources/captions/summary.rst",
            category="Results",
            labels={"figure": "Table of results"},
        ),
    log:
        run_path("logs/summarise_run.log"),
    benchmark:
        run_path("benchmarks/summarise_run.tsv")
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("summarise_run"),
    script:
        "../workflow_scripts/summarise_run.py"


rule record_run:
    input:
        run_path("summary.tsv"),
        files=list(input_files().values()),
        models=model_files("models.json", TASKS, arms_of_task),
    output:
        provenance=run_path("provenance.json"),
        config_copy=run_path("config.yaml"),
    log:
        run_path("logs/record_run.log"),
    benchmark:
        run_path("benchmarks/record_run.tsv")
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        config=config,
        locations=list(input_files()),
        scripts={
            script.stem: code(script.stem) for script in sorted(SCRIPTS.glob("*.py"))
        },
        environments={
            file.relative_to(ROOT).as_posix(): file_digest(file)
            for file in [ROOT / "requirements.lock", *sorted(ROOT.glob("envs/*.yaml"))]
        },
        code=code("record_run"),
    script:
        "../workflow_scripts/record_run.py"


rule record_times:
    input:
        measured_outputs(),
        ancient(checks()),
    output:
        rules=report(
            run_path("rule_times.tsv"),
            caption="../resources/captions/rule_times.rst",
            category="Provenance",
            labels={"figure": "Time of every rule"},
        ),
        arms=report(
            run_path("arm_times.tsv"),
            caption="../resources/captions/arm_times.rst",
            category="Provenance",
            labels={"figure": "Time of every arm"},
        ),
    log:
        run_path("logs/record_times.log"),
    benchmark:
        run_path("benchmarks/record_times.tsv")
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        benchmarks=run_path("benchmarks"),
        models=[[*model, size] for model, sizes in SIZES.items() for size in sizes],
        kinds=KINDS,
        code=code("record_times"),
    script:
        "../workflow_scripts/record_times.py"
