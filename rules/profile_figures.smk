"""
Figures of profile tasks, each as SVG and PNG.

Needs: evaluations, predicted profiles and histories of every profile network, and windows, counts, strands.json,
positives and the bigWigs of every profile task.
Makes: figures/profile_performance and profile_training_curves; figures/profiles/<task>.<arm>.examples; of every task
figures/profiles/<task>.footprint, and with deepTools figures/profiles/<task>.heatmap and <task>.signal, from
tasks/<task>/signal/positives.bed and matrix.gz; figures as .svg and .png.
"""


rule plot_profile_performance:
    input:
        evaluations=models.scores(run.profile, main=True),
    output:
        svg=run.path("figures/profile_performance.svg"),
        png=report(
            run.path("figures/profile_performance.png"),
            caption="../resources/captions/profile_performance.rst",
            category="Results",
            labels={"figure": "Profiles: JSD and correlations"},
        ),
    log:
        run.path("logs/plot_profile_performance.log"),
    benchmark:
        run.path("benchmarks/plot_profile_performance.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_profile_performance"),
    script:
        "../workflow_scripts/plot_profile_performance.py"


rule plot_profile_training_curves:
    input:
        histories=models.files("history.tsv", run.profile, models.arms_for, main=True),
        evaluations=models.files(
            "evaluation.json", run.profile, models.arms_for, main=True
        ),
    output:
        svg=run.path("figures/profile_training_curves.svg"),
        png=report(
            run.path("figures/profile_training_curves.png"),
            caption="../resources/captions/profile_training_curves.rst",
            category="Training",
            labels={"figure": "Training curves of profile networks"},
        ),
    log:
        run.path("logs/plot_profile_training_curves.log"),
    benchmark:
        run.path("benchmarks/plot_profile_training_curves.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_profile_training_curves"),
    script:
        "../workflow_scripts/plot_profile_training_curves.py"


rule plot_profile_examples:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        counts=run.path("tasks/{task}/counts.npy"),
        predictions=per("task arm", models.largest_file, "predictions.tsv"),
        profiles=per("task arm", models.largest_file, "profiles.npy"),
    output:
        svg=run.path("figures/profiles/{task}.{arm}.examples.svg"),
        png=report(
            run.path("figures/profiles/{task}.{arm}.examples.png"),
            caption="../resources/captions/profile_examples.rst",
            category="Results",
            labels={"figure": "Profiles of test peaks: {arm}", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_profile_examples/{task}.{arm}.log"),
    benchmark:
        run.path("benchmarks/plot_profile_examples/{task}.{arm}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_profile_examples"),
    script:
        "../workflow_scripts/plot_profile_examples.py"


rule plot_strand_footprint:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        counts=run.path("tasks/{task}/counts.npy"),
        strands=run.path("tasks/{task}/strands.json"),
        sites=per("task", profiles.motif_sites),
    output:
        svg=run.path("figures/profiles/{task}.footprint.svg"),
        png=report(
            run.path("figures/profiles/{task}.footprint.png"),
            caption="../resources/captions/strand_footprint.rst",
            category="Signal",
            labels={"figure": "Footprint of both strands", "task": "{task}"},
        ),
    log:
        run.path("logs/plot_strand_footprint/{task}.log"),
    benchmark:
        run.path("benchmarks/plot_strand_footprint/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.profile),
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code("plot_strand_footprint"),
    script:
        "../workflow_scripts/plot_strand_footprint.py"


rule select_profile_regions:
    input:
        per("task", run.genome_file, "genome.fa.fai"),
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
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
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
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
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
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    shell:
        "for figure in {output:q}; do"
        ' plotHeatmap --matrixFile {input.matrix:q} --outFileName "$figure"'
        " --dpi 200 --colorMap Blues --heatmapHeight 10 --heatmapWidth 4"
        " --whatToShow 'heatmap and colorbar' --refPointLabel summit"
        " --regionsLabel 'positive windows' --legendLocation none --xAxisLabel 'distance';"
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
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        colours=per("task", profiles.sample_colours),
    shell:
        "for figure in {output:q}; do"
        ' plotProfile --matrixFile {input.matrix:q} --outFileName "$figure" --perGroup'
        " --dpi 200 --plotType se --plotHeight 6 --plotWidth 12 --colors {params.colours:q}"
        " --refPointLabel summit --regionsLabel 'positive windows'"
        " --legendLocation upper-right --yAxisLabel '5′ ends a base';"
        " done > {log:q} 2>&1"
