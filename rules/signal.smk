"""
The measured signal around positive windows, for tasks that name a bigWig (deepTools).

Needs: tasks/<task>/positives.tsv and the bigWig.
Makes: signal/<task>.matrix.gz, and from it figures/signal/<task>.heatmap.png and <task>.profile.svg.
"""


rule measure_signal:
    input:
        positives=run_path("tasks/{task}/positives.tsv"),
        signal=lambda wildcards: local_paths(f"tasks.{wildcards.task}.signal"),
    output:
        regions=run_path("signal/{task}.positives.bed"),
        matrix=run_path("signal/{task}.matrix.gz"),
    log:
        run_path("logs/measure_signal/{task}.log"),
    benchmark:
        run_path("benchmarks/measure_signal/{task}.tsv")
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
        "(tail -n +2 {input.positives:q} | cut -f 1-4 > {output.regions:q}"
        " && computeMatrix reference-point --referencePoint center"
        " --regionsFileName {output.regions:q} --scoreFileName {input.signal:q}"
        " --samplesLabel {wildcards.task:q} --missingDataAsZero"
        " --beforeRegionStartLength {params.distance:q}"
        " --afterRegionStartLength {params.distance:q} --binSize {params.bin:q}"
        " --numberOfProcessors {threads:q} --outFileName {output.matrix:q}) > {log:q} 2>&1"


rule plot_signal_heatmap:
    input:
        matrix=run_path("signal/{task}.matrix.gz"),
    output:
        report(
            run_path("figures/signal/{task}.heatmap.png"),
            caption="../resources/captions/signal_heatmap.rst",
            category="Signal",
            labels={"figure": "Heatmap", "task": "{task}"},
        ),
    log:
        run_path("logs/plot_signal_heatmap/{task}.log"),
    benchmark:
        run_path("benchmarks/plot_signal_heatmap/{task}.tsv")
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    shell:
        "plotHeatmap --matrixFile {input.matrix:q} --outFileName {output:q}"
        " --dpi 200 --colorMap Blues --heatmapHeight 10 --heatmapWidth 5"
        " --refPointLabel centre --regionsLabel 'positive windows' --legendLocation none"
        " --xAxisLabel 'distance' --yAxisLabel 'mean signal' > {log:q} 2>&1"


rule plot_signal_profile:
    input:
        matrix=run_path("signal/{task}.matrix.gz"),
    output:
        report(
            run_path("figures/signal/{task}.profile.svg"),
            caption="../resources/captions/signal_profile.rst",
            category="Signal",
            labels={"figure": "Profile", "task": "{task}"},
        ),
    log:
        run_path("logs/plot_signal_profile/{task}.log"),
    benchmark:
        run_path("benchmarks/plot_signal_profile/{task}.tsv")
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    shell:
        "plotProfile --matrixFile {input.matrix:q} --outFileName {output:q}"
        " --plotType se --plotHeight 6 --plotWidth 12 --colors '#0072B2'"
        " --refPointLabel centre --regionsLabel positives --legendLocation upper-right"
        " --yAxisLabel 'mean signal' > {log:q} 2>&1"
