"""The demo's experiment: a genome with planted sites of real motifs, and the raw files a peak caller would leave."""
