"""Encode the base codes of windows as indices of their overlapping k-mers."""

from pathlib import Path

import numpy as np

from learning.models.kmers import encode, kmer_dtype, row_blocks
from rc_equivariant.encoding import KmerEncoding
from workflow_support.disk_errors import reserve
from workflow_support.files import atomic_path
from workflow_support.job import logger, progress, run_job


def encode_kmers(codes: Path, k: int, kmers: Path) -> None:
    """Write ``kmers``: unsigned integers (windows, width - k + 1); the index of a k-mer with an N is 4^k."""
    base_codes = np.load(codes, mmap_mode="r")
    encoding = KmerEncoding(k)
    windows, width = base_codes.shape
    with atomic_path(kmers) as path:
        indices = np.lib.format.open_memmap(path, mode="w+", dtype=kmer_dtype(k), shape=(windows, width - k + 1))
        reserve(path)
        for rows in progress(row_blocks(base_codes), description=f"{k}-mers", unit=" blocks"):
            indices[rows] = encode(base_codes[rows], encoding)
        indices.flush()
    logger.info("Encoded %d windows of %d bases as %d-mers.", windows, width, k)


if "snakemake" in globals():
    run_job(snakemake, encode_kmers)
