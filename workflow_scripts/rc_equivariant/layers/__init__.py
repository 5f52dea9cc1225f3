"""Equivariant layers between feature spaces."""
