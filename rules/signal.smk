"""
The measured signal around positive windows: of tasks that name a bigWig, and of both strands of profile tasks (deepTools).

Needs: tasks/<task>/positives.tsv, the genome and the bigWigs.
Makes: signal/<task>.positives.bed and <task>.matrix.gz, and from it figures/signal/<task>.heatmap and <task>.profile; of
profile tasks tasks/<task>/signal/positives.bed and matrix.gz, and from it figures/profiles/<task>.heatmap and
<task>.signal. Figures are .svg and .png.
"""

# deepTools writes "Kb" at the ends of axes, and has no option for the label of a colour bar: axes say what both mean.
HEATMAP_DISTANCE = "distance (1 Kb = 1,000 bases)"


rule select_signal_regions:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
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
        mem_mb=each_attempt(1000),
        runtime=each_attempt(10),
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
        mem_mb=each_attempt(4000),
        runtime=each_attempt(60),
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
        mem_mb=each_attempt(4000),
        runtime=each_attempt(30),
    params:
        distance=HEATMAP_DISTANCE,
    shell:
        "for figure in {output:q}; do"
        ' plotHeatmap --matrixFile {input.matrix:q} --outFileName "$figure"'
        " --dpi 200 --colorMap Blues --heatmapHeight 10 --heatmapWidth 5"
        " --refPointLabel centre --regionsLabel 'positive windows; colours: signal'"
        " --legendLocation none --xAxisLabel {params.distance:q} --yAxisLabel 'mean signal';"
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
        mem_mb=each_attempt(2000),
        runtime=each_attempt(30),
    params:
        colour=PLUS,
    shell:
        "for figure in {output:q}; do"
        ' plotProfile --matrixFile {input.matrix:q} --outFileName "$figure"'
        " --dpi 200 --plotType se --plotHeight 6 --plotWidth 12 --colors {params.colour:q}"
        " --refPointLabel centre --regionsLabel positives --legendLocation upper-right"
        " --yAxisLabel 'mean signal';"
        " done > {log:q} 2>&1"


rule select_profile_regions:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
        per("task", run.genome_file, "contigs.tsv"),
        positives=run.path("tasks/{task}/positives.tsv"),
        signal=per("task", profiles.first_track),
        fasta=per("task", run.genome_file, "genome.fa"),
    output:
        regions=run.path("tasks/{task}/signal/positives.bed"),
    log:
        run.path("logs/select_profile_regions/{task}.log"),
    benchmark:
        run.path("benchmarks/select_profile_regions/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(1000),
        runtime=each_attempt(10),
    params:
        code=code("select_signal_regions"),
    script:
        "../workflow_scripts/select_signal_regions.py"


rule measure_strands:
    input:
        regions=run.path("tasks/{task}/signal/positives.bed"),
        plus=per("task", profiles.strand_files, "counts", "plus"),
        minus=per("task", profiles.strand_files, "counts", "minus"),
    output:
        matrix=run.path("tasks/{task}/signal/matrix.gz"),
    log:
        run.path("logs/measure_strands/{task}.log"),
    benchmark:
        run.path("benchmarks/measure_strands/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(4000),
        runtime=each_attempt(60),
    params:
        labels=per("task", profiles.sample_labels),
        distance=200,
        bin=5,
    shell:
        "computeMatrix reference-point --referencePoint center"
        " --regionsFileName {input.regions:q} --scoreFileName {input.plus:q} {input.minus:q}"
        " --samplesLabel {params.labels:q} --missingDataAsZero"
        " --beforeRegionStartLength {params.distance:q}"
        " --afterRegionStartLength {params.distance:q} --binSize {params.bin:q}"
        " --numberOfProcessors {threads:q} --outFileName {output.matrix:q} > {log:q} 2>&1"
        + WITHOUT_TIME


rule plot_strands_heatmap:
    input:
        matrix=run.path("tasks/{task}/signal/matrix.gz"),
    output:
        svg=run.path("figures/profiles/{task}.heatmap.svg"),
        png=report(
            run.path("figures/profiles/{task}.heatmap.png"),
            caption="../resources/captions/strands_heatmap.rst",
            category="Signal",
            labels={"figure": "Heatmap of both strands", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_strands_heatmap/{task}.log"),
    benchmark:
        run.path("benchmarks/plot_strands_heatmap/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(4000),
        runtime=each_attempt(30),
    params:
        distance=HEATMAP_DISTANCE,
    shell:
        "for figure in {output:q}; do"
        ' plotHeatmap --matrixFile {input.matrix:q} --outFileName "$figure"'
        " --dpi 200 --colorMap Blues --heatmapHeight 10 --heatmapWidth 4"
        " --whatToShow 'heatmap and colorbar' --refPointLabel summit"
        " --regionsLabel 'positive windows; colours: 5′ ends per base' --legendLocation none"
        " --xAxisLabel {params.distance:q};"
        " done > {log:q} 2>&1"


rule plot_strands_profile:
    input:
        matrix=run.path("tasks/{task}/signal/matrix.gz"),
    output:
        svg=run.path("figures/profiles/{task}.signal.svg"),
        png=report(
            run.path("figures/profiles/{task}.signal.png"),
            caption="../resources/captions/strands_profile.rst",
            category="Signal",
            labels={"figure": "Profile of both strands", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_strands_profile/{task}.log"),
    benchmark:
        run.path("benchmarks/plot_strands_profile/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
    conda:
        "../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(2000),
        runtime=each_attempt(30),
    params:
        colours=per("task", profiles.sample_colours),
    shell:
        "for figure in {output:q}; do"
        ' plotProfile --matrixFile {input.matrix:q} --outFileName "$figure" --perGroup'
        " --dpi 200 --plotType se --plotHeight 6 --plotWidth 12 --colors {params.colours:q}"
        " --refPointLabel summit --regionsLabel 'positive windows'"
        " --legendLocation upper-right --yAxisLabel '5′ ends per base';"
        " done > {log:q} 2>&1"
