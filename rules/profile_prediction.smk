"""
Prediction of profiles: trained networks of one arm or combination, averaged over seeds, on regions, sequences or whole
contigs.

Needs: the trained networks, a genome, regions or sequences, and bigWigs of the input tracks that the networks read.
Makes: predictions/<name>.tsv, .plus.bw and .minus.bw.
"""


rule predict_profiles:
    input:
        per("prediction", uses.predicted_file, "genome.fa.fai"),
        weights=used_models("prediction", "weights.safetensors"),
        models=used_models("prediction", "models.json"),
        fasta=per("prediction", uses.predicted_file, "genome.fa"),
        regions=per("prediction", uses.predicted_regions),
        tracks=per("prediction", uses.predicted_tracks),
    output:
        table=run.path("predictions/{prediction}.tsv"),
        plus=run.path("predictions/{prediction}.plus.bw"),
        minus=run.path("predictions/{prediction}.minus.bw"),
    log:
        run.path("logs/predict_profiles/{prediction}.log"),
    benchmark:
        run.path("benchmarks/predict_profiles/{prediction}.tsv")
    wildcard_constraints:
        prediction=one_of(run.predictions_of(run.profile)),
    conda:
        "../envs/learning.yaml"
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(4000) * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        track_names=per("prediction", uses.predicted_track_names),
        contigs=setting("prediction", "contigs"),
        device=config["compute"]["device"],
        threads=config["compute"]["threads"],
        average_strands=both_strands("prediction"),
        code=code("predict_profiles"),
    script:
        "../workflow_scripts/predict_profiles.py"
