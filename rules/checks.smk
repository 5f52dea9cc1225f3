"""
Checks of what the configuration names, before anything that takes long: a mistake shows within seconds of its cause.

Needs: peaks, blacklists, unlabelled regions, regions and sequences to predict on; then the contigs of the genomes.
Makes: checked/intervals.tsv, for which genomes wait, and checked/regions.tsv, for which everything on genomes waits.

Those that wait take the tables as ancient: what was made stays good when more is to be checked. A check that fails
leaves its last table (update), for the same reason.
"""


rule check_intervals:
    input:
        # Read, and so checked, by normalise_sequences.
        expand(
            run_path("predictions/{prediction}/contigs.tsv"),
            prediction=WITH_SEQUENCES,
        ),
        peaks=unique(local_path(f"tasks.{task}.peaks") for task in TASKS_ON_GENOMES),
        intervals=unique(
            local_path(key) for key in LOCATIONS if INTERVAL_KEYS.fullmatch(key)
        ),
    output:
        checked=update(CHECKED_INTERVALS),
    log:
        run_path("logs/check_intervals.log"),
    benchmark:
        run_path("benchmarks/check_intervals.tsv")
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("check_intervals"),
    script:
        "../workflow_scripts/check_intervals.py"


rule check_regions:
    input:
        expand(run_path("genomes/{genome}/genome.fa.fai"), genome=GENOMES),
        fasta=expand(run_path("genomes/{genome}/genome.fa"), genome=GENOMES),
        beds=[local_path(".".join(key)) for key, genome in regions_to_predict()],
    output:
        checked=update(CHECKED_REGIONS),
    log:
        run_path("logs/check_regions.log"),
    benchmark:
        run_path("benchmarks/check_regions.tsv")
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        genomes=GENOMES,
        splits=splits_in_use(),
        contigs=contigs_to_predict(),
        regions=regions_to_predict(),
        code=code("check_regions"),
    script:
        "../workflow_scripts/check_regions.py"
