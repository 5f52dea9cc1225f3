"""Evaluation of trained networks: predictions, metrics and their records."""
