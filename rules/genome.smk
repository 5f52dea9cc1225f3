"""
Input files and genomes.

Needs: the locations that the configuration names. Files that are checked come before genomes.
Makes: downloads/<key>, and for every genome genome.fa with its index, contigs.tsv and chrom.sizes. These are links to
results/.genomes/, where all runs share the genomes that were normalised from the same sequence.
"""


rule fetch_file:
    output:
        destination=run.path("downloads/{location}"),
    log:
        run.path("logs/fetch_file/{location}.log"),
    benchmark:
        run.path("benchmarks/fetch_file/{location}.tsv")
    wildcard_constraints:
        location=one_of(run.remote),
    priority: input_priority
    localrule: True
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(500),
        runtime=each_attempt(240),
    params:
        url=lambda wildcards: LOCATIONS[wildcards.location].address,
        checksum=lambda wildcards: LOCATIONS[wildcards.location].checksum,
        code=code("fetch_file"),
    script:
        "../workflow_scripts/fetch_file.py"


rule verify_file:
    input:
        source=lambda wildcards: LOCATIONS[wildcards.location].address,
    output:
        verified=run.path("downloads/{location}"),
    log:
        run.path("logs/verify_file/{location}.log"),
    benchmark:
        run.path("benchmarks/verify_file/{location}.tsv")
    wildcard_constraints:
        location=one_of(run.verified),
    priority: input_priority
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(500),
        runtime=each_attempt(15),
    params:
        checksum=lambda wildcards: LOCATIONS[wildcards.location].checksum,
        code=code("verify_file"),
    script:
        "../workflow_scripts/verify_file.py"


rule normalise_genome:
    input:
        source=input_file("genomes.{genome}.fasta"),
    output:
        fasta=run.path("genomes/{genome}/genome.fa"),
        index=run.path("genomes/{genome}/genome.fa.fai"),
        contigs=run.path("genomes/{genome}/contigs.tsv"),
        sizes=run.path("genomes/{genome}/chrom.sizes"),
    log:
        run.path("logs/normalise_genome/{genome}.log"),
    benchmark:
        run.path("benchmarks/normalise_genome/{genome}.tsv")
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("normalise_genome"),
        runtime=minutes_for("normalise_genome"),
    params:
        contig_names=setting("genome", "contig_names"),
        store=SHARED_GENOMES,
        code=code("normalise_genome"),
    script:
        "../workflow_scripts/normalise_genome.py"
