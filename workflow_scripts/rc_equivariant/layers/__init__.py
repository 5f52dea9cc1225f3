"""Layers between feature spaces."""
