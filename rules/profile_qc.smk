"""
Quality of the reads of profile tasks (deepTools): enrichment over the control, and agreement of replicates.

Needs: the BAM files of a task, or the bigWigs of its replicates.
Makes: tasks/<task>/signal/<source>.<n>.bam and .bam.bai, figures/profiles/<task>.fingerprint.svg and .png for tasks with
reads, and tasks/<task>/signal/replicates.npz and figures/profiles/<task>.replicates.svg and .png where there are two.
"""


rule index_reads:
    input:
        reads=input_file("tasks.{task}.{source}.reads.{n}"),
    output:
        bam=run.path("tasks/{task}/signal/{source}.{n}.bam"),
        index=run.path("tasks/{task}/signal/{source}.{n}.bam.bai"),
    log:
        run.path("logs/index_reads/{task}/{source}.{n}.log"),
    benchmark:
        run.path("benchmarks/index_reads/{task}/{source}.{n}.tsv")
    wildcard_constraints:
        source="counts|control",
        n=r"\d+",
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(4000),
        runtime=each_attempt(60),
    params:
        code=code("index_reads"),
    script:
        "../workflow_scripts/index_reads.py"


rule plot_fingerprint:
    input:
        bams=per("task", profiles.read_files, "bam"),
        indices=per("task", profiles.read_files, "bam.bai"),
        style="resources/figures/deeptools.matplotlibrc",
    output:
        svg=run.path("figures/profiles/{task}.fingerprint.svg"),
        png=report(
            run.path("figures/profiles/{task}.fingerprint.png"),
            caption="../resources/captions/fingerprint.rst",
            category="Signal",
            labels={"figure": "Fingerprint", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_fingerprint/{task}.log"),
    benchmark:
        run.path("benchmarks/plot_fingerprint/{task}.tsv")
    wildcard_constraints:
        task=one_of(profiles.with_reads()),
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(4000),
        runtime=each_attempt(60),
    params:
        labels=per("task", profiles.read_labels),
        bin=200,
    shell:
        "export MATPLOTLIBRC={input.style:q};"
        " for figure in {output:q}; do"
        ' plotFingerprint --bamfiles {input.bams:q} --plotFile "$figure"'
        " --labels {params.labels:q} --binSize {params.bin:q} --numberOfSamples 10000"
        " --plotTitle '' --numberOfProcessors {threads:q};"
        " done > {log:q} 2>&1"


rule compare_replicates:
    input:
        plus=per("task", profiles.strand_files, "counts", "plus"),
        minus=per("task", profiles.strand_files, "counts", "minus"),
    output:
        run.path("tasks/{task}/signal/replicates.npz"),
    log:
        run.path("logs/compare_replicates/{task}.log"),
    benchmark:
        run.path("benchmarks/compare_replicates/{task}.tsv")
    wildcard_constraints:
        task=one_of(profiles.with_replicates()),
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(4000),
        runtime=each_attempt(120),
    params:
        labels=per("task", profiles.sample_labels),
        bin=100,
    shell:
        "multiBigwigSummary bins --bwfiles {input.plus:q} {input.minus:q}"
        " --labels {params.labels:q} --binSize {params.bin:q}"
        " --numberOfProcessors {threads:q} --outFileName {output:q} > {log:q} 2>&1"


rule plot_replicates:
    input:
        run.path("tasks/{task}/signal/replicates.npz"),
    output:
        svg=run.path("figures/profiles/{task}.replicates.svg"),
        png=report(
            run.path("figures/profiles/{task}.replicates.png"),
            caption="../resources/captions/replicates.rst",
            category="Signal",
            labels={"figure": "Agreement of replicates", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_replicates/{task}.log"),
    benchmark:
        run.path("benchmarks/plot_replicates/{task}.tsv")
    wildcard_constraints:
        task=one_of(profiles.with_replicates()),
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(2000),
        runtime=each_attempt(10),
    shell:
        "for figure in {output:q}; do"
        ' plotCorrelation --corData {input:q} --plotFile "$figure" --corMethod spearman'
        " --whatToPlot heatmap --plotNumbers --skipZeros --colorMap Blues --plotTitle '';"
        " done > {log:q} 2>&1"
