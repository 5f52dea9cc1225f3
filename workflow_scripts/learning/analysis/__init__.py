"""Analysis of trained networks: contributions of bases, effects of variants and embeddings; and the k-mer baseline."""
