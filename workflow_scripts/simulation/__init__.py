"""Simulated data: genomes with planted sites, the raw files of experiments on them, and sequences along phylogenies."""
