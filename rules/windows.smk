"""
Windows: positives from peaks, negatives from the rest of the genome, and their sequences as arrays.

Needs: genomes/<genome>/, the peaks of every task, blacklists, regions without known labels.
Makes: in tasks/<task>/ the tables positives, negatives and windows, their counts, codes.npy, kmers.k<k>.npy, and
near_copies.npy, which marks windows that share 32 bases in a row with a training window or equal one.

Rules that map a genome into memory ask for its size: clusters may count mapped pages as memory of the job.
"""


rule prepare_peaks:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
        peaks=input_file("tasks.{task}.peaks"),
        fasta=per("task", run.genome_file, "genome.fa"),
        blacklist=per("task", inputs.blacklist),
    output:
        positives=run.path("tasks/{task}/positives.tsv"),
        intervals=run.path("tasks/{task}/peaks.bed"),
        counts=run.path("tasks/{task}/peak_counts.tsv"),
    log:
        run.path("logs/prepare_peaks/{task}.log"),
    benchmark:
        run.path("benchmarks/prepare_peaks/{task}.tsv")
    group:
        "windows"
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + input.size_mb) * attempt,
        runtime=each_attempt(15),
    params:
        width=per("task", inputs.window_width),
        strongest=setting("task", "strongest"),
        splits=setting("task", "splits"),
        max_unknown_fraction=setting("task", "windows", "max_unknown_fraction"),
        code=code("prepare_peaks"),
    script:
        "../workflow_scripts/prepare_peaks.py"


rule sample_negatives:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
        positives=run.path("tasks/{task}/positives.tsv"),
        intervals=run.path("tasks/{task}/peaks.bed"),
        fasta=per("task", run.genome_file, "genome.fa"),
        blacklist=per("task", inputs.blacklist),
        unlabelled=per("task", inputs.unlabelled),
    output:
        negatives=run.path("tasks/{task}/negatives.tsv"),
        bed=run.path("tasks/{task}/negatives.bed"),
        counts=run.path("tasks/{task}/negative_counts.tsv"),
    log:
        run.path("logs/sample_negatives/{task}.log"),
    benchmark:
        run.path("benchmarks/sample_negatives/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.binary),
    group:
        "windows"
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + input.size_mb) * attempt,
        runtime=each_attempt(30),
    params:
        splits=setting("task", "splits"),
        windows=setting("task", "windows"),
        settings=setting("task", "negatives"),
        code=code("sample_negatives"),
    script:
        "../workflow_scripts/sample_negatives.py"


rule extract_sequences:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
        positives=run.path("tasks/{task}/positives.tsv"),
        negatives=run.path("tasks/{task}/negatives.tsv"),
        fasta=per("task", run.genome_file, "genome.fa"),
    output:
        windows=run.path("tasks/{task}/windows.tsv"),
        codes=run.path("tasks/{task}/codes.npy"),
        surroundings=run.path("tasks/{task}/surroundings.npy"),
        accounting=run.path("tasks/{task}/window_counts.tsv"),
    log:
        run.path("logs/extract_sequences/{task}.log"),
    benchmark:
        run.path("benchmarks/extract_sequences/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.binary),
    group:
        "windows"
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + input.size_mb) * attempt,
        runtime=each_attempt(15),
    params:
        remove_copies=setting("task", "remove_copies"),
        code=code("extract_sequences"),
    script:
        "../workflow_scripts/extract_sequences.py"


rule encode_kmers:
    input:
        codes=run.path("tasks/{task}/codes.npy"),
    output:
        kmers=run.path("tasks/{task}/kmers.k{k}.npy"),
    log:
        run.path("logs/encode_kmers/{task}/k{k}.log"),
    benchmark:
        run.path("benchmarks/encode_kmers/{task}/k{k}.tsv")
    group:
        "windows"
    conda:
        LEARNING
    threads: 1
    resources:
        mem_mb=memory_for("encode_kmers"),
        runtime=minutes_for("encode_kmers"),
    params:
        k=lambda wildcards: int(wildcards.k),
        code=code("encode_kmers"),
    script:
        "../workflow_scripts/encode_kmers.py"


rule find_near_copies:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        codes=run.path("tasks/{task}/codes.npy"),
    output:
        near_copies=run.path("tasks/{task}/near_copies.npy"),
    log:
        run.path("logs/find_near_copies/{task}.log"),
    benchmark:
        run.path("benchmarks/find_near_copies/{task}.tsv")
    group:
        "windows"
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("find_near_copies"),
        runtime=minutes_for("find_near_copies"),
    params:
        code=code("find_near_copies"),
    script:
        "../workflow_scripts/find_near_copies.py"
