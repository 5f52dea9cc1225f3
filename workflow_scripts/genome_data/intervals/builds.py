"""The contigs of published genome builds by their names at UCSC, Ensembl and RefSeq: chr1, 1, NC_000001.11."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BUILDS = {
    "hg38": """
        chr1 1 NC_000001.11 248956422
        chr2 2 NC_000002.12 242193529
        chr3 3 NC_000003.12 198295559
        chr4 4 NC_000004.12 190214555
        chr5 5 NC_000005.10 181538259
        chr6 6 NC_000006.12 170805979
        chr7 7 NC_000007.14 159345973
        chr8 8 NC_000008.11 145138636
        chr9 9 NC_000009.12 138394717
        chr10 10 NC_000010.11 133797422
        chr11 11 NC_000011.10 135086622
        chr12 12 NC_000012.12 133275309
        chr13 13 NC_000013.11 114364328
        chr14 14 NC_000014.9 107043718
        chr15 15 NC_000015.10 101991189
        chr16 16 NC_000016.10 90338345
        chr17 17 NC_000017.11 83257441
        chr18 18 NC_000018.10 80373285
        chr19 19 NC_000019.10 58617616
        chr20 20 NC_000020.11 64444167
        chr21 21 NC_000021.9 46709983
        chr22 22 NC_000022.11 50818468
        chrX X NC_000023.11 156040895
        chrY Y NC_000024.10 57227415
        chrM MT NC_012920.1 16569
    """,
    "hg19": """
        chr1 1 NC_000001.10 249250621
        chr2 2 NC_000002.11 243199373
        chr3 3 NC_000003.11 198022430
        chr4 4 NC_000004.11 191154276
        chr5 5 NC_000005.9 180915260
        chr6 6 NC_000006.11 171115067
        chr7 7 NC_000007.13 159138663
        chr8 8 NC_000008.10 146364022
        chr9 9 NC_000009.11 141213431
        chr10 10 NC_000010.10 135534747
        chr11 11 NC_000011.9 135006516
        chr12 12 NC_000012.11 133851895
        chr13 13 NC_000013.10 115169878
        chr14 14 NC_000014.8 107349540
        chr15 15 NC_000015.9 102531392
        chr16 16 NC_000016.9 90354753
        chr17 17 NC_000017.10 81195210
        chr18 18 NC_000018.9 78077248
        chr19 19 NC_000019.9 59128983
        chr20 20 NC_000020.10 63025520
        chr21 21 NC_000021.8 48129895
        chr22 22 NC_000022.10 51304566
        chrX X NC_000023.10 155270560
        chrY Y NC_000024.9 59373566
        chrM - NC_001807.4 16571
    """,
    "mm10": """
        chr1 1 NC_000067.6 195471971
        chr2 2 NC_000068.7 182113224
        chr3 3 NC_000069.6 160039680
        chr4 4 NC_000070.6 156508116
        chr5 5 NC_000071.6 151834684
        chr6 6 NC_000072.6 149736546
        chr7 7 NC_000073.6 145441459
        chr8 8 NC_000074.6 129401213
        chr9 9 NC_000075.6 124595110
        chr10 10 NC_000076.6 130694993
        chr11 11 NC_000077.6 122082543
        chr12 12 NC_000078.6 120129022
        chr13 13 NC_000079.6 120421639
        chr14 14 NC_000080.6 124902244
        chr15 15 NC_000081.6 104043685
        chr16 16 NC_000082.6 98207768
        chr17 17 NC_000083.6 94987271
        chr18 18 NC_000084.6 90702639
        chr19 19 NC_000085.6 61431566
        chrX X NC_000086.7 171031299
        chrY Y NC_000087.7 91744698
        chrM MT NC_005089.1 16299
    """,
    "mm39": """
        chr1 1 NC_000067.7 195154279
        chr2 2 NC_000068.8 181755017
        chr3 3 NC_000069.7 159745316
        chr4 4 NC_000070.7 156860686
        chr5 5 NC_000071.7 151758149
        chr6 6 NC_000072.7 149588044
        chr7 7 NC_000073.7 144995196
        chr8 8 NC_000074.7 130127694
        chr9 9 NC_000075.7 124359700
        chr10 10 NC_000076.7 130530862
        chr11 11 NC_000077.7 121973369
        chr12 12 NC_000078.7 120092757
        chr13 13 NC_000079.7 120883175
        chr14 14 NC_000080.7 125139656
        chr15 15 NC_000081.7 104073951
        chr16 16 NC_000082.7 98008968
        chr17 17 NC_000083.7 95294699
        chr18 18 NC_000084.7 90720763
        chr19 19 NC_000085.7 61420004
        chrX X NC_000086.8 169476592
        chrY Y NC_000087.8 91455967
    """,
    "dm6": """
        chr2L 2L NT_033779.5 23513712
        chr2R 2R NT_033778.4 25286936
        chr3L 3L NT_037436.4 28110227
        chr3R 3R NT_033777.3 32079331
        chr4 4 NC_004353.4 1348131
        chrX X NC_004354.4 23542271
        chrY Y NC_024512.1 3667352
        chrM mitochondrion_genome NC_024511.2 19524
    """,
    "sacCer3": """
        chrI I NC_001133.9 230218
        chrII II NC_001134.8 813184
        chrIII III NC_001135.5 316620
        chrIV IV NC_001136.10 1531933
        chrV V NC_001137.3 576874
        chrVI VI NC_001138.5 270161
        chrVII VII NC_001139.9 1090940
        chrVIII VIII NC_001140.6 562643
        chrIX IX NC_001141.2 439888
        chrX X NC_001142.9 745751
        chrXI XI NC_001143.9 666816
        chrXII XII NC_001144.5 1078177
        chrXIII XIII NC_001145.3 924431
        chrXIV XIV NC_001146.4 784333
        chrXV XV NC_001147.6 1091291
        chrXVI XVI NC_001148.4 948066
        chrM Mito NC_001224.1 85779
    """,
}
"""For each build, a line per contig: names of UCSC, Ensembl (a dash if it has none) and RefSeq, and length in bases."""

_CONTIGS = [
    (build, tuple(name for name in names if name != "-"), int(length))
    for build, table in _BUILDS.items()
    for *names, length in map(str.split, table.strip().splitlines())
]

_NAMES = {(name, length): names for _, names, length in _CONTIGS for name in names}
_BUILD = {(name, length): build for build, names, length in _CONTIGS for name in names}
_CHROMOSOMES = {name for _, names, _ in _CONTIGS for name in names}

_COPY = re.compile(r"chr.+_(alt|fix|hap\d+)|CHR_H.+|HSCHR.+")
_UNPLACED = re.compile(
    r"chr.+_random|chrUn_.+|.+_decoy|HLA-.+|hs37d5|hs38d1|chrEBV"  # UCSC and the sets for mapping
    r"|(GL|KI|KN|KQ|KV|KZ|ML|MU|JH|GJ|MG)\d{5,}(\.\d+)?|N[TW]_\d+\.\d+|HG\d.*"  # Ensembl and RefSeq
)


def published_build(sizes: Mapping[str, int]) -> str | None:
    """The published build of a genome, told by a contig whose name and length are those of the build, or None."""
    return next((_BUILD[each] for each in sizes.items() if each in _BUILD), None)


def published_names(contig: str, length: int) -> tuple[str, ...]:
    """The other names of a contig of a published build; none unless its name and length are those of a build."""
    return tuple(name for name in _NAMES.get((contig, length), ()) if name != contig)


def names_in_any_build(name: str) -> set[str]:
    """All names of the contigs that a published build calls ``name``."""
    return {other for _, names, _ in _CONTIGS if name in names for other in names}


def alternative_contigs(sizes: Mapping[str, int]) -> list[str]:
    """Contigs that repeat chromosomes: alternative haplotypes and patches by their names, in the order of the genome.

    Of published builds also unplaced and decoy contigs, which are mostly repeats and pieces of chromosomes.
    """
    is_published = published_build(sizes) is not None
    return [
        contig
        for contig in sizes
        if contig not in _CHROMOSOMES and (_COPY.fullmatch(contig) or (is_published and _UNPLACED.fullmatch(contig)))
    ]
