"""
Variants: what trained networks make of a change of the sequence, and how that goes with effects that were measured.

Needs: the trained networks, genomes, and files of variants.
Makes: variants/<name>.tsv, .counts.tsv and .correlation.json, and, where effects are given, figures/variants/<name>.
"""


rule score_variants:
    input:
        genomes_of_variants("genome.fa.fai"),
        variants=lambda wildcards: local_path(f"variants.{wildcards.variants}.file"),
        fastas=genomes_of_variants("genome.fa"),
        weights=of_scored_model("weights.safetensors"),
        models=of_scored_model("models.json"),
        motif=lambda wildcards: local_paths(f"variants.{wildcards.variants}.motif"),
    output:
        table=run_path("variants/{variants}.tsv"),
        accounting=run_path("variants/{variants}.counts.tsv"),
        correlation=run_path("variants/{variants}.correlation.json"),
    log:
        run_path("logs/score_variants/{variants}.log"),
    benchmark:
        run_path("benchmarks/score_variants/{variants}.tsv")
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, input, attempt: network_memory(4000 + input.size_mb)
        * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        columns=of_variants("columns"),
        average_strands=scored_strands,
        device=config["training"]["device"],
        threads=config["training"]["threads"],
        code=code("score_variants"),
    script:
        "../workflow_scripts/score_variants.py"


rule plot_variant_effects:
    input:
        table=run_path("variants/{variants}.tsv"),
        correlation=run_path("variants/{variants}.correlation.json"),
    output:
        svg=run_path("figures/variants/{variants}.svg"),
        png=report(
            run_path("figures/variants/{variants}.png"),
            caption="../resources/captions/variant_effects.rst",
            category="Variants",
            labels={"figure": "Effects of variants: {variants}"},
        ),
    log:
        run_path("logs/plot_variant_effects/{variants}.log"),
    benchmark:
        run_path("benchmarks/plot_variant_effects/{variants}.tsv")
    wildcard_constraints:
        variants=one_of(WITH_EFFECTS),
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_variant_effects"),
    script:
        "../workflow_scripts/plot_variant_effects.py"
