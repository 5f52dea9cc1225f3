"""What the k-mer baseline, which every run has beside its arms, is called and reads."""

BASELINE_ARM = "kmer_logistic_regression"
BASELINE_KMER = 6
