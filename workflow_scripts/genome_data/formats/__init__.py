"""Readers and writers of genomic file formats."""
