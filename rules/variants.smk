"""
Variants: what trained networks make of a change of the sequence, and how that goes with effects that were measured.

Needs: the trained networks, genomes, and files of variants.
Makes: variants/<name>.tsv, .counts.tsv, .dropped.tsv, .correlation.json and .nulls.tsv.
"""


rule score_variants:
    input:
        per("variants", uses.variant_genomes, "genome.fa.fai"),
        per("variants", uses.variant_genomes, "contigs.tsv"),
        variants=input_file("variants.{variants}.file"),
        fastas=per("variants", uses.variant_genomes, "genome.fa"),
        weights=used_models("variants", "weights.safetensors"),
        models=used_models("variants", "models.json"),
        motif=per("variants", uses.motif),
        predictions=per("variants", uses.predictions_of_peaks),
    output:
        table=run.path("variants/{variants}.tsv"),
        accounting=run.path("variants/{variants}.counts.tsv"),
        dropped=run.path("variants/{variants}.dropped.tsv"),
        correlation=run.path("variants/{variants}.correlation.json"),
        null_table=run.path("variants/{variants}.nulls.tsv"),
    log:
        run.path("logs/score_variants/{variants}.log"),
    benchmark:
        run.path("benchmarks/score_variants/{variants}.tsv")
    conda:
        LEARNING
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, input, attempt: network_memory(4000 + input.size_mb)
        * attempt,
        runtime=each_attempt(60),
    params:
        columns=setting("variants", "columns"),
        nulls=setting("variants", "nulls"),
        average_strands=both_strands("variants"),
        device=config["compute"]["device"],
        threads=config["compute"]["threads"],
        code=code("score_variants"),
    script:
        "../workflow_scripts/score_variants.py"
