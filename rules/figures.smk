"""
Figures of a run: one rule for each entry of figures/registry.py for which the run has something to draw.

Needs: the tables and arrays that the entry names.
Makes: figures/<path>.svg and .png; the report shows the PNG, which is larger on a screen than the SVG with the width
of a printed column or page.
"""

for figure in FIGURES:
    if figure.copies(plan):

        rule:
            name:
                f"plot_{figure.name}"
            input:
                **figure.inputs(plan),
            output:
                svg=run.path(f"{figure.pattern}.svg"),
                png=report(
                    run.path(f"{figure.pattern}.png"),
                    caption=f"../resources/captions/{figure.name}.rst",
                    category=figure.category,
                    labels=figure.report_labels,
                ),
            log:
                run.path(f"logs/{figure.job}.log"),
            benchmark:
                run.path(f"benchmarks/{figure.job}.tsv")
            wildcard_constraints:
                **{
                    name: one_of(sorted({copy[name] for copy in figure.copies(plan)}))
                    for name in figure.wildcards
                },
            conda:
                "../envs/figures.yaml"
            threads: 1
            resources:
                mem_mb=figure.memory,
                runtime=each_attempt(10),
            params:
                **figure.params(plan),
                module=figure.draws,
                code=code("plot", f"figures.{figure.draws}"),
            script:
                "../workflow_scripts/plot.py"
