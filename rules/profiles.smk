"""
Profile tasks: from reads or stranded bigWigs to counts, networks, their scores and their tracks.

Needs: tasks/<task>/positives.tsv, the genome, and for every task its counts and, where there is one, its control.
Makes: in tasks/<task>/ signal/<source>.<n>.plus.bw and .minus.bw, strands.json, windows.tsv, codes.npy, counts.npy,
control.npy and profile_counts.tsv, and everything in models/<arm or combination>/<size>/.
"""


rule count_reads:
    input:
        reads=lambda wildcards: local_path(
            f"tasks.{wildcards.task}.{wildcards.source}.reads.{wildcards.n}"
        ),
        sizes=task_genome("chrom.sizes"),
    output:
        plus=run_path("tasks/{task}/signal/{source}.{n}.plus.bw"),
        minus=run_path("tasks/{task}/signal/{source}.{n}.minus.bw"),
        counts=run_path("tasks/{task}/signal/{source}.{n}.reads.tsv"),
    log:
        run_path("logs/count_reads/{task}/{source}.{n}.log"),
    benchmark:
        run_path("benchmarks/count_reads/{task}/{source}.{n}.tsv")
    wildcard_constraints:
        source="counts|control",
        n=r"\d+",
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        minimum_mapping_quality=config["profile"]["reads"]["minimum_mapping_quality"],
        keep_duplicates=config["profile"]["reads"]["keep_duplicates"],
        code=code("count_reads"),
    script:
        "../workflow_scripts/count_reads.py"


rule check_strands:
    input:
        positives=run_path("tasks/{task}/positives.tsv"),
        fasta=task_genome("genome.fa"),
        index=task_genome("genome.fa.fai"),
        plus=of_task(strand_files("counts", "plus")),
        minus=of_task(strand_files("counts", "minus")),
    output:
        result=run_path("tasks/{task}/strands.json"),
    log:
        run_path("logs/check_strands/{task}.log"),
    benchmark:
        run_path("benchmarks/check_strands/{task}.tsv")
    wildcard_constraints:
        task=one_of(PROFILE_TASKS),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        code=code("check_strands"),
    script:
        "../workflow_scripts/check_strands.py"


rule extract_profiles:
    input:
        positives=run_path("tasks/{task}/positives.tsv"),
        fasta=task_genome("genome.fa"),
        index=task_genome("genome.fa.fai"),
        plus=of_task(strand_files("counts", "plus")),
        minus=of_task(strand_files("counts", "minus")),
        strands=ancient(run_path("tasks/{task}/strands.json")),
    output:
        windows=run_path("tasks/{task}/windows.tsv"),
        codes=run_path("tasks/{task}/codes.npy"),
        counts=run_path("tasks/{task}/counts.npy"),
        accounting=run_path("tasks/{task}/profile_counts.tsv"),
    log:
        run_path("logs/extract_profiles/{task}.log"),
    benchmark:
        run_path("benchmarks/extract_profiles/{task}.tsv")
    wildcard_constraints:
        task=one_of(task for task in PROFILE_TASKS if task not in WITH_CONTROL),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(4000 + input.size_mb) * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        window=config["profile"]["network"]["window"],
        output=profile_length(config),
        jitter=config["profile"]["jitter"],
        code=code("extract_profiles"),
    script:
        "../workflow_scripts/extract_profiles.py"


use rule extract_profiles as extract_profiles_with_control with:
    input:
        positives=run_path("tasks/{task}/positives.tsv"),
        fasta=task_genome("genome.fa"),
        index=task_genome("genome.fa.fai"),
        plus=of_task(strand_files("counts", "plus")),
        minus=of_task(strand_files("counts", "minus")),
        control_plus=of_task(strand_files("control", "plus")),
        control_minus=of_task(strand_files("control", "minus")),
        strands=ancient(run_path("tasks/{task}/strands.json")),
    output:
        windows=run_path("tasks/{task}/windows.tsv"),
        codes=run_path("tasks/{task}/codes.npy"),
        counts=run_path("tasks/{task}/counts.npy"),
        control=run_path("tasks/{task}/control.npy"),
        accounting=run_path("tasks/{task}/profile_counts.tsv"),
    log:
        run_path("logs/extract_profiles_with_control/{task}.log"),
    benchmark:
        run_path("benchmarks/extract_profiles_with_control/{task}.tsv")
    wildcard_constraints:
        task=one_of(WITH_CONTROL),


rule train_profile_network:
    input:
        windows=run_path("tasks/{task}/windows.tsv"),
        kmers=arm_kmers,
        counts=run_path("tasks/{task}/counts.npy"),
        control=profile_control,
    output:
        weights=model_file("weights.safetensors"),
        models=model_file("models.json"),
        history=model_file("history.tsv"),
    log:
        run_path("logs/train_profile_network/{task}/{arm}/{size}.log"),
    benchmark:
        run_path("benchmarks/train_profile_network/{task}/{arm}/{size}.tsv")
    wildcard_constraints:
        task=one_of(PROFILE_TASKS),
        arm=one_of(ARMS),
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(8000) * attempt,
        runtime=TRAINING_MINUTES,
    params:
        task="{task}",
        arm="{arm}",
        size="{size}",
        seeds=SEEDS,
        architecture=profile_architecture,
        training=profile_training,
        checkpoints=run_path("checkpoints/{task}/{arm}/{size}"),
        code=training_code("train_profile_network", profile_architecture),
    script:
        "../workflow_scripts/train_profile_network.py"


rule evaluate_profile_network:
    input:
        windows=run_path("tasks/{task}/windows.tsv"),
        codes=run_path("tasks/{task}/codes.npy"),
        counts=run_path("tasks/{task}/counts.npy"),
        control=profile_control,
        weights=of_members("weights.safetensors"),
        models=of_members("models.json"),
    output:
        evaluation=model_file("evaluation.json"),
        predictions=model_file("predictions.tsv"),
        profiles=model_file("profiles.npy"),
    log:
        run_path("logs/evaluate_profile_network/{task}/{arm}/{size}.log"),
    benchmark:
        run_path("benchmarks/evaluate_profile_network/{task}/{arm}/{size}.tsv")
    wildcard_constraints:
        task=one_of(PROFILE_TASKS),
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(8000) * attempt,
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
        code=code("evaluate_profile_network"),
    script:
        "../workflow_scripts/evaluate_profile_network.py"
