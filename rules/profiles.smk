"""
Profile tasks: from reads or stranded bigWigs to windows with sequences and counts.

Needs: tasks/<task>/positives.tsv, the genome, and for every task its counts and, where there are any, its input tracks.
Makes: in tasks/<task>/ signal/<source>.<n>.plus.bw and .minus.bw, strands.json, windows.tsv, codes.npy, counts.npy,
window_counts.tsv, and an array for each input track, such as control.npy.
"""


rule count_reads:
    input:
        reads=input_file("tasks.{task}.{source}.reads.{n}"),
        sizes=per("task", run.genome_file, "chrom.sizes"),
        contigs=per("task", run.genome_file, "contigs.tsv"),
    output:
        plus=run.path("tasks/{task}/signal/{source}.{n}.plus.bw"),
        minus=run.path("tasks/{task}/signal/{source}.{n}.minus.bw"),
        counts=run.path("tasks/{task}/signal/{source}.{n}.reads.tsv"),
    log:
        run.path("logs/count_reads/{task}/{source}.{n}.log"),
    benchmark:
        run.path("benchmarks/count_reads/{task}/{source}.{n}.tsv")
    wildcard_constraints:
        source=one_of(profiles.sources),
        n=r"\d+",
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(8000),
        runtime=each_attempt(120),
    params:
        minimum_mapping_quality=config["profile"]["reads"]["minimum_mapping_quality"],
        keep_duplicates=config["profile"]["reads"]["keep_duplicates"],
        code=code("count_reads"),
    script:
        "../workflow_scripts/count_reads.py"


rule check_strands:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
        positives=run.path("tasks/{task}/positives.tsv"),
        fasta=per("task", run.genome_file, "genome.fa"),
        plus=per("task", profiles.strand_files, "counts", "plus"),
        minus=per("task", profiles.strand_files, "counts", "minus"),
    output:
        result=run.path("tasks/{task}/strands.json"),
    log:
        run.path("logs/check_strands/{task}.log"),
    benchmark:
        run.path("benchmarks/check_strands/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(4000),
        runtime=each_attempt(30),
    params:
        code=code("check_strands"),
    script:
        "../workflow_scripts/check_strands.py"


rule extract_profiles:
    input:
        run.path("tasks/{task}/strands.json"),
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
        positives=run.path("tasks/{task}/positives.tsv"),
        fasta=per("task", run.genome_file, "genome.fa"),
        plus=per("task", profiles.strand_files, "counts", "plus"),
        minus=per("task", profiles.strand_files, "counts", "minus"),
        control_plus=per("task", profiles.strand_files, "control", "plus"),
        control_minus=per("task", profiles.strand_files, "control", "minus"),
    output:
        windows=run.path("tasks/{task}/windows.tsv"),
        codes=run.path("tasks/{task}/codes.npy"),
        counts=run.path("tasks/{task}/counts.npy"),
        accounting=run.path("tasks/{task}/window_counts.tsv"),
    log:
        run.path("logs/extract_profiles/{task}.log"),
    benchmark:
        run.path("benchmarks/extract_profiles/{task}.tsv")
    wildcard_constraints:
        task=one_of(task for task in run.profile if task not in run.with_control),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(4000 + input.size_mb) * attempt,
        runtime=each_attempt(60),
    params:
        window=config["profile"]["window"],
        output=lambda wildcards: profile_length(config),
        jitter=config["profile"]["jitter"],
        remove_copies=setting("task", "remove_copies"),
        code=code("extract_profiles"),
    script:
        "../workflow_scripts/extract_profiles.py"


use rule extract_profiles as extract_profiles_with_control with:
    output:
        windows=run.path("tasks/{task}/windows.tsv"),
        codes=run.path("tasks/{task}/codes.npy"),
        counts=run.path("tasks/{task}/counts.npy"),
        control=run.path("tasks/{task}/control.npy"),
        accounting=run.path("tasks/{task}/window_counts.tsv"),
    log:
        run.path("logs/extract_profiles_with_control/{task}.log"),
    benchmark:
        run.path("benchmarks/extract_profiles_with_control/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.with_control),


rule extract_track:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
        windows=run.path("tasks/{task}/windows.tsv"),
        fasta=per("task", run.genome_file, "genome.fa"),
        plus=lambda wildcards: profiles.track_files(wildcards.track, wildcards.task)[0],
        minus=lambda wildcards: profiles.track_files(wildcards.track, wildcards.task)[
            1:
        ],
    output:
        track=run.path("tasks/{task}/{track}.npy"),
    log:
        run.path("logs/extract_track/{task}.{track}.log"),
    benchmark:
        run.path("benchmarks/extract_track/{task}.{track}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
        # The control is extracted with the counts, whose files have the same form.
        track=one_of(name for name in TRACKS if name != "control"),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + input.size_mb) * attempt,
        runtime=each_attempt(60),
    params:
        output=lambda wildcards: profile_length(config),
        jitter=config["profile"]["jitter"],
        code=code("extract_track"),
    script:
        "../workflow_scripts/extract_track.py"
