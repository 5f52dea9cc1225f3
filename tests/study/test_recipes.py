"""The page of recipes: known motifs are recognised in letters of IUPAC."""

import pytest

from study.recipes import matching_motif


@pytest.mark.parametrize(
    ("known", "consensuses", "number"),
    [
        ("TTACCCG", ["acTTACCCGg"], 0),
        ("TTACCCG", ["aaCGGGTAAt"], 0),
        ("RTCAYTNNNNACG", ["GGGGGG", "ATCACTtTatACG"], 1),
        ("CCASYAGRKGGC", ["GCCcCATAGTGG"], None),
        ("CCASYAGRKGGC", ["aGCCCCCTACTGGc"], 0),
        ("CACGTG", ["CACGTC", "CACTTG"], None),
        ("CACGTG", [], None),
    ],
)
def test_a_known_motif_is_found_on_either_strand(known, consensuses, number):
    assert matching_motif(known, consensuses) == number
