"""
The functions by which variants.smk names files and settings.

Needs: the functions of common.smk and common_study.smk.
Makes: nothing.
"""


def of_variants(key):
    """A function of the wildcards: a setting of a set of variants; None where it has none."""
    return lambda wildcards: config["variants"][wildcards.variants].get(key)


def genomes_of_variants(file):
    """A function of the wildcards: a file of every genome on which variants are looked for."""
    return lambda wildcards: run_paths(
        "genomes/{genome}/{file}",
        genome=config["variants"][wildcards.variants]["genomes"],
        file=file,
    )


def of_scored_model(file):
    """A function of the wildcards: a file of every arm whose networks score variants."""
    return lambda wildcards: used_model_files(
        file, config["variants"][wildcards.variants]
    )


def scored_strands(wildcards):
    """Whether scores of variants are means of the answers on both strands."""
    return average_strands(config["variants"][wildcards.variants]["arm"])
