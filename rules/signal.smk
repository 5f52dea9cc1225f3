"""
The measured signal around positive windows, for tasks that name a bigWig (deepTools).

Needs: tasks/<task>/positives.tsv, the genome and the bigWig.
Makes: signal/<task>.positives.bed and <task>.matrix.gz, and from it figures/signal/<task>.heatmap.svg and .png and
<task>.profile.svg and .png.
"""


rule select_signal_regions:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        positives=run.path("tasks/{task}/positives.tsv"),
        signal=input_file("tasks.{task}.signal"),
        fasta=per("task", run.genome_file, "genome.fa"),
    output:
        regions=run.path("signal/{task}.positives.bed"),
    log:
        run.path("logs/select_signal_regions/{task}.log"),
    benchmark:
        run.path("benchmarks/select_signal_regions/{task}.tsv")
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("select_signal_regions"),
    script:
        "../workflow_scripts/select_signal_regions.py"


rule measure_signal:
    input:
        regions=run.path("signal/{task}.positives.bed"),
        signal=input_file("tasks.{task}.signal"),
    output:
        matrix=run.path("signal/{task}.matrix.gz"),
    log:
        run.path("logs/measure_signal/{task}.log"),
    benchmark:
        run.path("benchmarks/measure_signal/{task}.tsv")
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        distance=1000,
        bin=20,
    shell:
        "computeMatrix reference-point --referencePoint center"
        " --regionsFileName {input.regions:q} --scoreFileName {input.signal:q}"
        " --samplesLabel {wildcards.task:q} --missingDataAsZero"
        " --beforeRegionStartLength {params.distance:q}"
        " --afterRegionStartLength {params.distance:q} --binSize {params.bin:q}"
        " --numberOfProcessors {threads:q} --outFileName {output.matrix:q} > {log:q} 2>&1"
        + WITHOUT_TIME


rule plot_signal_heatmap:
    input:
        matrix=run.path("signal/{task}.matrix.gz"),
    output:
        svg=run.path("figures/signal/{task}.heatmap.svg"),
        png=report(
            run.path("figures/signal/{task}.heatmap.png"),
            caption="../resources/captions/signal_heatmap.rst",
            category="Signal",
            labels={"figure": "Heatmap", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_signal_heatmap/{task}.log"),
    benchmark:
        run.path("benchmarks/plot_signal_heatmap/{task}.tsv")
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    shell:
        "for figure in {output:q}; do"
        ' plotHeatmap --matrixFile {input.matrix:q} --outFileName "$figure"'
        " --dpi 200 --colorMap Blues --heatmapHeight 10 --heatmapWidth 5"
        " --refPointLabel centre --regionsLabel 'positive windows' --legendLocation none"
        " --xAxisLabel 'distance' --yAxisLabel 'mean signal';"
        " done > {log:q} 2>&1"


rule plot_signal_profile:
    input:
        matrix=run.path("signal/{task}.matrix.gz"),
    output:
        svg=run.path("figures/signal/{task}.profile.svg"),
        png=report(
            run.path("figures/signal/{task}.profile.png"),
            caption="../resources/captions/signal_profile.rst",
            category="Signal",
            labels={"figure": "Profile", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_signal_profile/{task}.log"),
    benchmark:
        run.path("benchmarks/plot_signal_profile/{task}.tsv")
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    shell:
        "for figure in {output:q}; do"
        ' plotProfile --matrixFile {input.matrix:q} --outFileName "$figure"'
        " --dpi 200 --plotType se --plotHeight 6 --plotWidth 12 --colors '#0072B2'"
        " --refPointLabel centre --regionsLabel positives --legendLocation upper-right"
        " --yAxisLabel 'mean signal';"
        " done > {log:q} 2>&1"
