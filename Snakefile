"""Learn transcription factor binding with reverse-complement equivariant networks.

Raw peaks and a genome go in; trained networks, a table of results, figures and a report come out, under
results/<name of the run>/. What a run consists of is said in its configuration: --configfile FILE. config.yaml is the
study of the paper; without --configfile, it can be looked at (--lint, --dag) but is not run.
"""

from os.path import relpath

from snakemake.utils import min_version

min_version("9.0")


# A configuration on the command line takes the place of config.yaml, rather than being laid over it. A workflow that
# uses this one as a module gives its own configuration, and the directive does nothing.
is_default = not (workflow.overwrite_configfiles or workflow.modifier.skip_configfile)
if not workflow.overwrite_configfiles:

    configfile: relpath(f"{workflow.current_basedir}/config.yaml")


report: "resources/captions/workflow.rst"


# Taken with --software-deployment-method apptainer; docs/cluster.md says how to build it.
container: "container/workflow.sif"


include: "rules/common.smk"
include: "rules/simulation.smk"
include: "rules/checks.smk"
include: "rules/genome.smk"
include: "rules/windows.smk"
include: "rules/labelled.smk"
include: "rules/training.smk"
include: "rules/evaluation.smk"
include: "rules/models.smk"
include: "rules/profiles.smk"
include: "rules/signal.smk"
include: "rules/study.smk"
include: "rules/hyperbolicity.smk"
include: "rules/figures.smk"
include: "rules/profile_qc.smk"
include: "rules/prediction.smk"
include: "rules/attribution.smk"
include: "rules/variants.smk"


for each in workflow.rules:
    if "code" in each.params.keys():
        each.set_params(given_files=given_files(each))


# The text of the report takes what it shows from the configuration.
config = config | {"notice": os.environ.get(NOTICE_VARIABLE)}


onstart:
    require_device()
    share_gpus()


onsuccess:
    report_undeclared(plan)


rule all:
    default_target: True
    input:
        outputs.final(figure_files(plan)),
        nothing_if_chosen,
