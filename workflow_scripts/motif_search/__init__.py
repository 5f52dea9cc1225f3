"""Motifs among contributions: their discovery, the known motifs that they resemble, and their instances."""
