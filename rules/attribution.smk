"""
Attribution: which bases trained networks base their predictions on, and the motifs among them.

Needs: the windows, codes and trained networks of a task, for every entry of `attribute` in the configuration.
Makes: attributions/<name>.contributions.npy, .sequences.npy, .windows.tsv, .bw, .motifs.meme and .motifs.tsv, and
figures/attributions/<name>.logos and .motifs, as .svg and .png.
"""


rule attribute_sequences:
    input:
        explained_genome("genome.fa.fai"),
        windows=explained_task("windows.tsv"),
        codes=explained_task("codes.npy"),
        control=explained_control,
        weights=explained_model("weights.safetensors"),
        models=explained_model("models.json"),
        fasta=explained_genome("genome.fa"),
    output:
        contributions=run_path("attributions/{attribution}.contributions.npy"),
        sequences=run_path("attributions/{attribution}.sequences.npy"),
        table=run_path("attributions/{attribution}.windows.tsv"),
        bigwig=run_path("attributions/{attribution}.bw"),
    log:
        run_path("logs/attribute_sequences/{attribution}.log"),
    benchmark:
        run_path("benchmarks/attribute_sequences/{attribution}.tsv")
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(4000) * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        method=of_attribution("method"),
        head=explained_head,
        strongest=of_attribution("strongest"),
        bases=of_attribution("bases"),
        device=config["training"]["device"],
        threads=config["training"]["threads"],
        average_strands=explained_strands,
        code=code("attribute_sequences"),
    script:
        "../workflow_scripts/attribute_sequences.py"


rule plot_contribution_logos:
    input:
        contributions=run_path("attributions/{attribution}.contributions.npy"),
        sequences=run_path("attributions/{attribution}.sequences.npy"),
        table=run_path("attributions/{attribution}.windows.tsv"),
    output:
        svg=run_path("figures/attributions/{attribution}.logos.svg"),
        png=report(
            run_path("figures/attributions/{attribution}.logos.png"),
            caption="../resources/captions/contribution_logos.rst",
            category="Attribution",
            labels={"figure": "Strongest stretches", "of": "{attribution}"},
        ),
    log:
        run_path("logs/plot_contribution_logos/{attribution}.log"),
    benchmark:
        run_path("benchmarks/plot_contribution_logos/{attribution}.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_contribution_logos"),
    script:
        "../workflow_scripts/plot_contribution_logos.py"


rule find_motifs:
    input:
        contributions=run_path("attributions/{attribution}.contributions.npy"),
        sequences=run_path("attributions/{attribution}.sequences.npy"),
        known=known_motifs,
    output:
        motifs=run_path("attributions/{attribution}.motifs.meme"),
        table=run_path("attributions/{attribution}.motifs.tsv"),
    log:
        run_path("logs/find_motifs/{attribution}.log"),
    benchmark:
        run_path("benchmarks/find_motifs/{attribution}.tsv")
    conda:
        "../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        code=code("find_motifs"),
    script:
        "../workflow_scripts/find_motifs.py"


rule plot_motif_logos:
    input:
        motifs=run_path("attributions/{attribution}.motifs.meme"),
        table=run_path("attributions/{attribution}.motifs.tsv"),
        known=known_motifs,
    output:
        svg=run_path("figures/attributions/{attribution}.motifs.svg"),
        png=report(
            run_path("figures/attributions/{attribution}.motifs.png"),
            caption="../resources/captions/motif_logos.rst",
            category="Attribution",
            labels={"figure": "Motifs found", "of": "{attribution}"},
        ),
    log:
        run_path("logs/plot_motif_logos/{attribution}.log"),
    benchmark:
        run_path("benchmarks/plot_motif_logos/{attribution}.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_motif_logos"),
    script:
        "../workflow_scripts/plot_motif_logos.py"
