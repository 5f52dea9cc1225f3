"""
Prediction: trained networks of one arm or combination, averaged over seeds, on regions, sequences or whole contigs.

Needs: the trained networks, and a genome, regions or sequences.
Makes: predictions/<name>.tsv and .bw.
"""


use rule normalise_genome as normalise_sequences with:
    input:
        source=lambda wildcards: local_path(f"predict.{wildcards.prediction}.sequences"),
    output:
        fasta=run_path("predictions/{prediction}/genome.fa"),
        index=run_path("predictions/{prediction}/genome.fa.fai"),
        contigs=run_path("predictions/{prediction}/contigs.tsv"),
        sizes=run_path("predictions/{prediction}/chrom.sizes"),
    log:
        run_path("logs/normalise_sequences/{prediction}.log"),
    benchmark:
        run_path("benchmarks/normalise_sequences/{prediction}.tsv")


rule predict_binding:
    input:
        predicted_sequence("genome.fa.fai"),
        weights=of_predicted_model("weights.safetensors"),
        models=of_predicted_model("models.json"),
        fasta=predicted_sequence("genome.fa"),
        regions=predicted_regions,
    output:
        table=run_path("predictions/{prediction}.tsv"),
        bigwig=run_path("predictions/{prediction}.bw"),
    log:
        run_path("logs/predict_binding/{prediction}.log"),
    benchmark:
        run_path("benchmarks/predict_binding/{prediction}.tsv")
    wildcard_constraints:
        prediction=one_of(predictions_of(CLASSIFICATION_TASKS)),
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(4000) * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        contigs=prediction_setting("contigs"),
        stride=prediction_setting("stride"),
        average_strands=predicted_strands,
        device=config["training"]["device"],
        threads=config["training"]["threads"],
        code=code("predict_binding"),
    script:
        "../workflow_scripts/predict_binding.py"
