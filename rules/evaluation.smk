"""
Evaluation: contestants and baseline on the test split, and what the run was made from.

Needs: tasks/<task>/windows.tsv, codes.npy, surroundings.npy, near_copies.npy and kmers.k6.npy, counts.npy and input tracks, and the trained networks.
Makes: evaluation.json and predictions.tsv for every contestant, at every size, and baseline, profiles.npy for contestants
of profile tasks, provenance.json, config.yaml, rule_times.tsv, arm_times.tsv, disk_use.tsv.
"""


rule evaluate:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        sequences=run.path("tasks/{task}/codes.npy"),
        extras=per("task", models.extra_files),
        near_copies=run.path("tasks/{task}/near_copies.npy"),
        surroundings=per("task", models.surroundings),
        weights=per("task arm size", models.member_files, "weights.safetensors"),
        models=per("task arm size", models.member_files, "models.json"),
    output:
        evaluation=models.file("evaluation.json"),
        predictions=models.file("predictions.tsv"),
    log:
        run.path("logs/evaluate/{task}/{arm}/{size}.log"),
    benchmark:
        run.path("benchmarks/evaluate/{task}/{arm}/{size}.tsv")
    wildcard_constraints:
        task=one_of(run.classification),
    group:
        "evaluations"
    conda:
        LEARNING
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=memory_for_networks(),
        runtime=each_attempt(60),
    params:
        extra_names=per("task", models.extra_names),
        kind=setting("task", "kind"),
        task="{task}",
        arm="{arm}",
        size="{size}",
        seeds=per("arm", models.seeds),
        candidates=per("arm", models.candidate_places),
        average_strands=per("arm", models.average_strands),
        device=config["compute"]["device"],
        threads=config["compute"]["threads"],
        code=code_of_kind("evaluate"),
    script:
        "../workflow_scripts/evaluate.py"


use rule evaluate as evaluate_profiles with:
    output:
        evaluation=models.file("evaluation.json"),
        predictions=models.file("predictions.tsv"),
        profiles=models.file("profiles.npy"),
    wildcard_constraints:
        task=one_of(run.profile),


rule fit_kmer_baseline:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        kmers=run.path(f"tasks/{{task}}/kmers.k{BASELINE_KMER}.npy"),
        near_copies=run.path("tasks/{task}/near_copies.npy"),
    output:
        evaluation=models.baseline_file("evaluation.json"),
        predictions=models.baseline_file("predictions.tsv"),
    log:
        run.path("logs/fit_kmer_baseline/{task}/{size}.log"),
    benchmark:
        run.path("benchmarks/fit_kmer_baseline/{task}/{size}.tsv")
    wildcard_constraints:
        task=one_of(run.classification),
    conda:
        LEARNING
    threads: 1
    resources:
        mem_mb=memory_for("fit_kmer_baseline"),
        runtime=each_attempt(120),
    params:
        task="{task}",
        kind=setting("task", "kind"),
        size="{size}",
        seeds=config["study"]["seeds"],
        trials=study.penalties_of_baseline,
        code=code("fit_kmer_baseline"),
    script:
        "../workflow_scripts/fit_kmer_baseline.py"


rule record_run:
    input:
        run.path("summary.tsv"),
        files=list(run.input_files().values()),
        models=models.files("models.json", run.tasks, models.arms_for),
    output:
        provenance=run.path("provenance.json"),
        config_copy=run.path("config.yaml"),
    log:
        run.path("logs/record_run.log"),
    benchmark:
        run.path("benchmarks/record_run.tsv")
    conda:
        LEARNING
    threads: 1
    resources:
        mem_mb=each_attempt(1000),
        runtime=each_attempt(30),
    params:
        config=config,
        locations=list(run.input_files()),
        scripts={
            script.stem: code(script.stem, *modules_of_script(script.stem))
            for script in sorted(SCRIPTS.glob("*.py"))
        }
        | {"plot": code("plot", *sorted(f"figures.{each.draws}" for each in FIGURES))},
        environments={
            file.relative_to(ROOT).as_posix(): file_digest(file)
            for file in [ROOT / "requirements.lock", *sorted(ROOT.glob("envs/*.yaml"))]
        },
        code=code("record_run"),
    script:
        "../workflow_scripts/record_run.py"


rule record_times:
    input:
        outputs.timed(figure_files(plan)),
    output:
        rules=report(
            run.path("rule_times.tsv"),
            caption="../resources/captions/rule_times.rst",
            category="Times",
            labels={"figure": "Time of every rule"},
        ),
        arms=report(
            run.path("arm_times.tsv"),
            caption="../resources/captions/arm_times.rst",
            category="Times",
            labels={"figure": "Time of every arm"},
        ),
        disk=run.path("disk_use.tsv"),
    log:
        run.path("logs/record_times.log"),
    benchmark:
        run.path("benchmarks/record_times.tsv")
    conda:
        LEARNING
    threads: 1
    resources:
        mem_mb=each_attempt(1000),
        runtime=each_attempt(30),
    params:
        benchmarks=run.path("benchmarks"),
        models=[
            [*model, size] for model, sizes in models.sizes.items() for size in sizes
        ],
        trainings=run.path("checkpoints"),
        seeds=config["study"]["seeds"],
        folds=run.folds,
        code=code("record_times"),
    script:
        "../workflow_scripts/record_times.py"
