"""Between files and arrays: genomes, peaks, regions, windows and the base codes of their sequences (no torch)."""
