"""Reads that programs look things up in are sorted and indexed among the results, whatever the user's file is like."""

import pysam
import pytest
from index_reads import index_reads

HEADER = {"SQ": [{"SN": "chr1", "LN": 1000}, {"SN": "chr2", "LN": 500}]}
PLACES = [(1, 30), (0, 700), (0, 5), (1, 2)]


def write_reads(path, order):
    places = sorted(PLACES) if order == "coordinate" else PLACES
    with pysam.AlignmentFile(str(path), "wb", header={"HD": {"VN": "1.6", "SO": order}} | HEADER) as file:
        for number, (contig, start) in enumerate(places):
            read = pysam.AlignedSegment(file.header)
            read.query_name, read.query_sequence, read.flag = f"read{number}", "ACGTACGTAC", 0
            read.reference_id, read.reference_start, read.mapping_quality, read.cigartuples = (
                contig,
                start,
                60,
                [(0, 10)],
            )
            file.write(read)


@pytest.mark.parametrize("order", ["coordinate", "unsorted"])
def test_any_order_can_be_looked_up(tmp_path, order):
    (tmp_path / "user").mkdir()
    reads, bam = tmp_path / "user/reads.bam", tmp_path / "results.bam"
    write_reads(reads, order)
    index_reads(reads, bam, tmp_path / "results.bam.bai")
    with pysam.AlignmentFile(str(bam)) as file:
        assert [read.reference_start for read in file.fetch("chr1", 0, 1000)] == [5, 700]
        assert file.count("chr2", 20, 60) == 1
    assert [path.name for path in (tmp_path / "user").iterdir()] == ["reads.bam"]
    assert bam.is_symlink() == (order == "coordinate")
