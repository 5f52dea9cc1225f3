"""
Sequences that evolve along phylogenetic trees, for labelled tasks that name them.

Needs: motif matrices (JASPAR), where motifs come and go.
Makes: phylogenies/<phylogeny>.tsv, .nwk and .parameters.tsv.
"""


rule simulate_phylogeny:
    input:
        motif=per("phylogeny", inputs.phylogeny_motif),
    output:
        sequences=run.path("phylogenies/{phylogeny}.tsv"),
        tree=run.path("phylogenies/{phylogeny}.nwk"),
        parameters=run.path("phylogenies/{phylogeny}.parameters.tsv"),
    log:
        run.path("logs/simulate_phylogeny/{phylogeny}.log"),
    benchmark:
        run.path("benchmarks/simulate_phylogeny/{phylogeny}.tsv")
    wildcard_constraints:
        phylogeny=one_of(config["phylogenies"]),
    conda:
        "../envs/phylogeny.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=lambda wildcards: config["phylogenies"][wildcards.phylogeny],
        code=code("simulate_phylogeny"),
    script:
        "../workflow_scripts/simulate_phylogeny.py"
