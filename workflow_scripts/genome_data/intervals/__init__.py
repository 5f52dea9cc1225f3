"""Contigs, intervals, regions and splits of a genome."""
