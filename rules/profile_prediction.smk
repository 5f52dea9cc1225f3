"""
Prediction of profiles: trained networks of one arm or combination, averaged over seeds, on regions, sequences or whole
contigs.

Needs: the trained networks, a genome, regions or sequences, and the control of the task if it has one.
Makes: predictions/<name>.tsv, .plus.bw and .minus.bw.
"""


rule predict_profiles:
    input:
        predicted_sequence("genome.fa.fai"),
        weights=of_predicted_model("weights.safetensors"),
        models=of_predicted_model("models.json"),
        fasta=predicted_sequence("genome.fa"),
        regions=predicted_regions,
        control_plus=predicted_control("plus"),
        control_minus=predicted_control("minus"),
    output:
        table=run_path("predictions/{prediction}.tsv"),
        plus=run_path("predictions/{prediction}.plus.bw"),
        minus=run_path("predictions/{prediction}.minus.bw"),
    log:
        run_path("logs/predict_profiles/{prediction}.log"),
    benchmark:
        run_path("benchmarks/predict_profiles/{prediction}.tsv")
    wildcard_constraints:
        prediction=one_of(predictions_of(PROFILE_TASKS)),
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(4000) * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        contigs=prediction_setting("contigs"),
        device=config["training"]["device"],
        threads=config["training"]["threads"],
        average_strands=predicted_strands,
        code=code("predict_profiles"),
    script:
        "../workflow_scripts/predict_profiles.py"
