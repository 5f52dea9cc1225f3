"""
The simulated experiment of the demo and of the tests; a run on real data has no section `simulation` and skips this.

Needs: motif matrices (JASPAR).
Makes: simulation/genome.fa and, for each transcription factor, simulation/<tf>.narrowPeak, .sites.tsv and .bw.
"""

if "simulation" in config:

    rule simulate_experiment:
        input:
            motifs=[factor["motif"] for factor in config["simulation"]["tfs"].values()],
        output:
            fasta=run_path("simulation/genome.fa"),
            peaks=expand(
                run_path("simulation/{tf}.narrowPeak"), tf=config["simulation"]["tfs"]
            ),
            sites=expand(
                run_path("simulation/{tf}.sites.tsv"), tf=config["simulation"]["tfs"]
            ),
            signal=expand(
                run_path("simulation/{tf}.bw"), tf=config["simulation"]["tfs"]
            ),
        log:
            run_path("logs/simulate_experiment.log"),
        benchmark:
            run_path("benchmarks/simulate_experiment.tsv")
        conda:
            "../envs/genomics.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=lambda wildcards, attempt: 10 * attempt,
        params:
            simulation={
                key: value
                for key, value in config["simulation"].items()
                if key != "seed"
            },
            seed=config["simulation"]["seed"],
            code=code("simulate_experiment"),
        script:
            "../workflow_scripts/simulate_experiment.py"
