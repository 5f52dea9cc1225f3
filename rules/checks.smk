"""
Checks of what the configuration names, before anything that takes long: a mistake shows within seconds of its cause.

Needs: peaks, blacklists, unlabelled regions, regions and sequences to predict on; then the contigs of the genomes, and
the base codes of labelled tasks.
Makes: checked/intervals.tsv, checked/regions.tsv and, for every labelled task, checked/widths/<task>.tsv.

Checks have the highest priority, and a run that fails starts no other job. No job waits for them.
"""


rule check_intervals:
    input:
        # Read, and so checked, by normalise_sequences.
        run.paths(
            "predictions/{prediction}/contigs.tsv",
            prediction=run.having("predict", "sequences"),
        ),
        peaks=inputs.peaks(),
        intervals=inputs.intervals(),
    output:
        checked=run.path("checked/intervals.tsv"),
    log:
        run.path("logs/check_intervals.log"),
    benchmark:
        run.path("benchmarks/check_intervals.tsv")
    priority: CHECKS_FIRST
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(1000),
        runtime=each_attempt(10),
    params:
        code=code("check_intervals"),
    script:
        "../workflow_scripts/check_intervals.py"


rule check_regions:
    input:
        run.paths("genomes/{genome}/genome.fa.fai", genome=run.genomes),
        run.paths("genomes/{genome}/contigs.tsv", genome=run.genomes),
        fasta=run.paths("genomes/{genome}/genome.fa", genome=run.genomes),
        beds=[run.local_path(".".join(key)) for key, _ in inputs.regions_to_predict()],
    output:
        checked=run.path("checked/regions.tsv"),
    log:
        run.path("logs/check_regions.log"),
    benchmark:
        run.path("benchmarks/check_regions.tsv")
    priority: CHECKS_FIRST
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(1000),
        runtime=each_attempt(10),
    params:
        genomes=run.genomes,
        splits=inputs.splits_in_use(),
        contigs=inputs.contigs_to_predict(),
        regions=inputs.regions_to_predict(),
        code=code("check_regions"),
    script:
        "../workflow_scripts/check_regions.py"


rule check_widths:
    input:
        codes=run.path("tasks/{task}/codes.npy"),
    output:
        checked=run.path("checked/widths/{task}.tsv"),
    log:
        run.path("logs/check_widths/{task}.log"),
    benchmark:
        run.path("benchmarks/check_widths/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.labelled),
    priority: CHECKS_FIRST
    group:
        "windows"
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(1000),
        runtime=each_attempt(10),
    params:
        task="{task}",
        networks=per("task", models.networks_for),
        code=code("check_widths"),
    script:
        "../workflow_scripts/check_widths.py"
