"""
Prediction: trained networks of one arm or combination, averaged over seeds, on regions, sequences or whole contigs.

Needs: the trained networks, a genome, regions or sequences, and bigWigs of the input tracks that the networks read.
Makes: predictions/<name>.tsv and .bw; of profile tasks .plus.bw and .minus.bw in place of .bw.
"""


use rule normalise_genome as normalise_sequences with:
    input:
        source=input_file("predict.{prediction}.sequences"),
    output:
        fasta=run.path("predictions/{prediction}/genome.fa"),
        index=run.path("predictions/{prediction}/genome.fa.fai"),
        contigs=run.path("predictions/{prediction}/contigs.tsv"),
        sizes=run.path("predictions/{prediction}/chrom.sizes"),
    log:
        run.path("logs/normalise_sequences/{prediction}.log"),
    benchmark:
        run.path("benchmarks/normalise_sequences/{prediction}.tsv")
    # Read, and so checked, before genomes.
    priority: CHECKS_FIRST
    resources:
        mem_mb=each_attempt(2500),
        runtime=each_attempt(30),
    params:
        contig_names=None,
        store=None,
        code=code("normalise_genome"),


rule predict_binding:
    input:
        per("prediction", uses.predicted_file, "genome.fa.fai"),
        per("prediction", uses.predicted_file, "contigs.tsv"),
        weights=used_models("prediction", "weights.safetensors"),
        models=used_models("prediction", "models.json"),
        fasta=per("prediction", uses.predicted_file, "genome.fa"),
        regions=per("prediction", uses.predicted_regions),
    output:
        table=run.path("predictions/{prediction}.tsv"),
        bigwig=run.path("predictions/{prediction}.bw"),
    log:
        run.path("logs/predict_binding/{prediction}.log"),
    benchmark:
        run.path("benchmarks/predict_binding/{prediction}.tsv")
    wildcard_constraints:
        prediction=one_of(run.predictions_answering(LOGITS)),
    conda:
        LEARNING
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=each_attempt(network_memory(4000)),
        runtime=each_attempt(240),
    params:
        contigs=setting("prediction", "contigs"),
        stride=setting("prediction", "stride"),
        average_strands=both_strands("prediction"),
        device=config["compute"]["device"],
        threads=config["compute"]["threads"],
        code=code("predict_binding"),
    script:
        "../workflow_scripts/predict_binding.py"


rule predict_profiles:
    input:
        per("prediction", uses.predicted_file, "genome.fa.fai"),
        per("prediction", uses.predicted_file, "contigs.tsv"),
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
        prediction=one_of(run.predictions_answering(PROFILE)),
    conda:
        LEARNING
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=each_attempt(network_memory(4000)),
        runtime=each_attempt(240),
    params:
        track_names=per("prediction", uses.predicted_track_names),
        contigs=setting("prediction", "contigs"),
        device=config["compute"]["device"],
        threads=config["compute"]["threads"],
        average_strands=both_strands("prediction"),
        code=code("predict_profiles"),
    script:
        "../workflow_scripts/predict_profiles.py"
