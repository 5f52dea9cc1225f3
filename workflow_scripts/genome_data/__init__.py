"""From files to arrays and back: genomes, intervals, windows and their base codes. Nothing here needs torch.

`formats` reads and writes files, `intervals` says where things lie on a genome, and `windows` makes what networks read.
`genome` maps a genome into memory, `alphabet` defines base codes, `motifs` has count matrices, and `accounting` counts
the rows of an input that are left out, and why.
"""

SPLITS = ("train", "validation", "test")
"""Names of the splits, in the order in which tables and figures show them."""
