"""
Simulated data: the experiment of the demo and of the tests, and sequences that evolve along phylogenetic trees.

Needs: motif matrices (JASPAR). A run on real data has no section `simulation` or `phylogenies` and skips these rules.
Makes: simulation/genome.fa and, for each transcription factor, simulation/<tf>.narrowPeak, .sites.tsv and .bw; where it
has a section nexus, also <tf>.nexus.bam, .control.bam, .truth.plus.bw and .truth.minus.bw; for each
phylogeny, phylogenies/<phylogeny>.tsv, .nwk and .parameters.tsv.
"""

if "simulation" in config:

    rule simulate_experiment:
        input:
            motifs=[factor["motif"] for factor in config["simulation"]["tfs"].values()],
        output:
            fasta=run.path("simulation/genome.fa"),
            peaks=run.paths("simulation/{tf}.narrowPeak", tf=inputs.simulated_factors()),
            sites=run.paths("simulation/{tf}.sites.tsv", tf=inputs.simulated_factors()),
            signal=run.paths("simulation/{tf}.bw", tf=inputs.simulated_factors()),
        log:
            run.path("logs/simulate_experiment.log"),
        benchmark:
            run.path("benchmarks/simulate_experiment.tsv")
        conda:
            "../envs/genomics.yaml"
        threads: 1
        resources:
            mem_mb=each_attempt(2000),
            runtime=each_attempt(10),
        params:
            simulation=inputs.simulation(),
            seed=config["simulation"]["seed"],
            code=code("simulate_experiment"),
        script:
            "../workflow_scripts/simulate_experiment.py"

    rule simulate_nexus:
        input:
            sites=run.path("simulation/{tf}.sites.tsv"),
            fasta=run.path("simulation/genome.fa"),
        output:
            reads=run.path("simulation/{tf}.nexus.bam"),
            control=run.path("simulation/{tf}.control.bam"),
            truth_plus=run.path("simulation/{tf}.truth.plus.bw"),
            truth_minus=run.path("simulation/{tf}.truth.minus.bw"),
        log:
            run.path("logs/simulate_nexus/{tf}.log"),
        benchmark:
            run.path("benchmarks/simulate_nexus/{tf}.tsv")
        wildcard_constraints:
            tf=one_of(inputs.simulated_factors("nexus")),
        conda:
            "../envs/genomics.yaml"
        threads: 1
        resources:
            mem_mb=each_attempt(2000),
            runtime=each_attempt(10),
        params:
            settings=lambda wildcards: config["simulation"]["tfs"][wildcards.tf][
                "nexus"
            ],
            seed=config["simulation"]["seed"],
            code=code("simulate_nexus"),
        script:
            "../workflow_scripts/simulate_nexus.py"


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
        mem_mb=each_attempt(2000),
        runtime=each_attempt(30),
    params:
        settings=lambda wildcards: config["phylogenies"][wildcards.phylogeny],
        code=code("simulate_phylogeny"),
    script:
        "../workflow_scripts/simulate_phylogeny.py"
