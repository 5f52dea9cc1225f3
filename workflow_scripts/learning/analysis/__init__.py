"""What trained networks say: contributions, variants, embeddings; and the k-mer baseline."""
