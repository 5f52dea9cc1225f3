"""
Attribution: which bases trained networks base their predictions on, and the motifs among them.

Needs: the windows, codes and trained networks of a task, for every entry of `attribute` in the configuration.
Makes: attributions/<name>.contributions.npy, .sequences.npy, .windows.tsv, .bw, .spread.bw, .motifs.meme, .motifs.tsv,
.search.json, .seqlets.tsv, .hits.tsv and .hits.bed.
"""


rule attribute_sequences:
    input:
        per("attribution", uses.explained_genome, "genome.fa.fai"),
        per("attribution", uses.explained_genome, "contigs.tsv"),
        windows=per("attribution", uses.explained_file, "windows.tsv"),
        codes=per("attribution", uses.explained_file, "codes.npy"),
        extras=per("attribution", uses.explained_tracks),
        weights=used_models("attribution", "weights.safetensors"),
        models=used_models("attribution", "models.json"),
        fasta=per("attribution", uses.explained_genome, "genome.fa"),
    output:
        contributions=run.path("attributions/{attribution}.contributions.npy"),
        sequences=run.path("attributions/{attribution}.sequences.npy"),
        table=run.path("attributions/{attribution}.windows.tsv"),
        bigwig=run.path("attributions/{attribution}.bw"),
        spread=run.path("attributions/{attribution}.spread.bw"),
    log:
        run.path("logs/attribute_sequences/{attribution}.log"),
    benchmark:
        run.path("benchmarks/attribute_sequences/{attribution}.tsv")
    conda:
        LEARNING
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=each_attempt(network_memory(4000)),
        runtime=each_attempt(240),
    params:
        extra_names=per("attribution", uses.explained_track_names),
        method=setting("attribution", "method"),
        head=per("attribution", uses.explained_head),
        strongest=setting("attribution", "strongest"),
        bases=setting("attribution", "bases"),
        device=config["compute"]["device"],
        threads=config["compute"]["threads"],
        average_strands=both_strands("attribution"),
        code=code("attribute_sequences"),
    script:
        "../workflow_scripts/attribute_sequences.py"


rule find_motifs:
    input:
        windows=per("attribution", uses.explained_file, "windows.tsv"),
        explained=run.path("attributions/{attribution}.windows.tsv"),
        contributions=run.path("attributions/{attribution}.contributions.npy"),
        sequences=run.path("attributions/{attribution}.sequences.npy"),
        known=per("attribution", uses.known_motifs),
    output:
        motifs=run.path("attributions/{attribution}.motifs.meme"),
        table=run.path("attributions/{attribution}.motifs.tsv"),
        search=run.path("attributions/{attribution}.search.json"),
        seqlets=run.path("attributions/{attribution}.seqlets.tsv"),
        hits=run.path("attributions/{attribution}.hits.tsv"),
        bed=run.path("attributions/{attribution}.hits.bed"),
    log:
        run.path("logs/find_motifs/{attribution}.log"),
    benchmark:
        run.path("benchmarks/find_motifs/{attribution}.tsv")
    conda:
        "../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(8000),
        runtime=each_attempt(240),
    params:
        strongest=setting("attribution", "strongest"),
        code=code("find_motifs"),
    script:
        "../workflow_scripts/find_motifs.py"
