"""Descriptions of networks: plain dataclasses that decide a network's shape, importable without torch.

A network is made of an encoding, a trunk and a head. Each description states its options once, with a default, limits
and a sentence for each, and names the module that builds it. The configuration, its documentation and saved models all
derive from these classes.
"""
