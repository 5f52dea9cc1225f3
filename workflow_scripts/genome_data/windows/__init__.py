"""Windows: intervals of one width whose sequence a network reads, with their labels, splits, codes and read counts.

A window table has one row per window (`table`). Its rows come from peaks (`positives`), from a random search of the
genome (`negatives`, `window_search`), or from labelled sequences, each of which counts as a contig of its own
(`labelled_sequences`, `sequence_duplicates`). `profile_counts` reads the reads that start in windows, `strand_shift`
compares the two strands, and `variants` builds the windows of alleles.
"""
