"""Figures from tables: one style, one module a figure; each function takes tidy frames and returns a figure."""
