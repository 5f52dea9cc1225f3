"""Windows of sequence: positives, negatives, labelled sequences, variants and read counts."""
