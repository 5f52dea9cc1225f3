"""
The simulated experiment of the demo and of the tests; a run on real data has no section `simulation` and skips this.

Needs: motif matrices (JASPAR).
Makes: simulation/genome.fa and, for each transcription factor, simulation/<tf>.narrowPeak, .sites.tsv and .bw; where it
has a section nexus, also <tf>.nexus.bam, .control.bam, .truth.plus.bw and .truth.minus.bw.
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
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=lambda wildcards, attempt: 10 * attempt,
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
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=lambda wildcards, attempt: 10 * attempt,
        params:
            settings=lambda wildcards: config["simulation"]["tfs"][wildcards.tf][
                "nexus"
            ],
            seed=config["simulation"]["seed"],
            code=code("simulate_nexus"),
        script:
            "../workflow_scripts/simulate_nexus.py"
