"""Figures of a run: a registry that lists them, one module per figure, and the style that all of them share.

The ``draw`` of a module takes files and settings and returns a figure; ``registry`` says where these come from.
"""
