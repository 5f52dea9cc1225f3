"""Simulated studies whose truth is known, judged by the functions that judge real ones, for docs/error_rates.md."""
