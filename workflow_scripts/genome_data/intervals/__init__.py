"""Intervals of a genome: on which contigs they lie, which split they belong to, and how they are cut into tiles.

The words, one for each thing:

contig
    A named sequence of a genome.
interval
    Consecutive bases of a contig, from ``start`` (0-based) to ``end`` (not included). Tables of intervals have the
    columns ``contig, start, end``.
region
    An interval that the user chose, in the configuration or in a BED file: for a split, or to be scored.
tile
    The part of a region for which one window is scored.
axis
    All contigs of a genome end to end, so that one integer is a position.

`contigs` compares the contigs of a file with those of the genome, and `contig_names` their names, of which `builds` has
those of published builds. `splits` reads regions and assigns splits, `tiles` cuts regions into tiles, `overlaps` has
the set operations on tables of intervals, and `arrays` those on the axis.
"""
