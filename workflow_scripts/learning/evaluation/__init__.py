"""Evaluation: predictions, metrics and their records."""
