"""
Windows: positives from peaks, negatives from the rest of the genome, and their sequences as arrays.

Needs: genomes/<genome>/, the peaks of every task, blacklists, regions without known labels, checked splits.
Makes: in tasks/<task>/ the tables positives, negatives and windows, their counts, codes.npy and kmers.k<k>.npy.

Rules that map a genome into memory ask for its size: clusters may count mapped pages as memory of the job.
"""


rule prepare_peaks:
    input:
        ancient(CHECKED_REGIONS),
        task_genome("genome.fa.fai"),
        peaks=lambda wildcards: local_path(f"tasks.{wildcards.task}.peaks"),
        fasta=task_genome("genome.fa"),
        blacklist=blacklist,
    output:
        positives=run_path("tasks/{task}/positives.tsv"),
        intervals=run_path("tasks/{task}/peaks.bed"),
        counts=run_path("tasks/{task}/peak_counts.tsv"),
    log:
        run_path("logs/prepare_peaks/{task}.log"),
    benchmark:
        run_path("benchmarks/prepare_peaks/{task}.tsv")
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + input.size_mb) * attempt,
        runtime=lambda wildcards, attempt: 15 * attempt,
    params:
        width=window_width,
        strongest=task_setting("strongest"),
        splits=task_setting("splits"),
        max_unknown_fraction=task_setting("windows", "max_unknown_fraction"),
        code=code("prepare_peaks"),
    script:
        "../workflow_scripts/prepare_peaks.py"


rule sample_negatives:
    input:
        task_genome("genome.fa.fai"),
        positives=run_path("tasks/{task}/positives.tsv"),
        intervals=run_path("tasks/{task}/peaks.bed"),
        fasta=task_genome("genome.fa"),
        blacklist=blacklist,
        unlabelled=unlabelled,
    output:
        negatives=run_path("tasks/{task}/negatives.tsv"),
        bed=run_path("tasks/{task}/negatives.bed"),
        counts=run_path("tasks/{task}/negative_counts.tsv"),
    log:
        run_path("logs/sample_negatives/{task}.log"),
    benchmark:
        run_path("benchmarks/sample_negatives/{task}.tsv")
    wildcard_constraints:
        task=one_of(BINARY_TASKS),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + input.size_mb) * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        width=task_setting("windows", "width"),
        splits=task_setting("splits"),
        ratio=task_setting("negatives", "ratio"),
        margin=task_setting("negatives", "margin"),
        overlap=task_setting("negatives", "overlap"),
        gc_bin_width=task_setting("negatives", "gc_bin_width"),
        max_unknown_fraction=task_setting("windows", "max_unknown_fraction"),
        seed=task_setting("negatives", "seed"),
        code=code("sample_negatives"),
    script:
        "../workflow_scripts/sample_negatives.py"


rule extract_sequences:
    input:
        task_genome("genome.fa.fai"),
        positives=run_path("tasks/{task}/positives.tsv"),
        negatives=run_path("tasks/{task}/negatives.tsv"),
        fasta=task_genome("genome.fa"),
    output:
        windows=run_path("tasks/{task}/windows.tsv"),
        codes=run_path("tasks/{task}/codes.npy"),
    log:
        run_path("logs/extract_sequences/{task}.log"),
    benchmark:
        run_path("benchmarks/extract_sequences/{task}.tsv")
    wildcard_constraints:
        task=one_of(BINARY_TASKS),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + input.size_mb) * attempt,
        runtime=lambda wildcards, attempt: 15 * attempt,
    params:
        code=code("extract_sequences"),
    script:
        "../workflow_scripts/extract_sequences.py"


rule encode_kmers:
    input:
        codes=run_path("tasks/{task}/codes.npy"),
    output:
        kmers=run_path("tasks/{task}/kmers.k{k}.npy"),
    log:
        run_path("logs/encode_kmers/{task}/k{k}.log"),
    benchmark:
        run_path("benchmarks/encode_kmers/{task}/k{k}.tsv")
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 15 * attempt,
    params:
        k=lambda wildcards: int(wildcards.k),
        code=code("encode_kmers"),
    script:
        "../workflow_scripts/encode_kmers.py"
