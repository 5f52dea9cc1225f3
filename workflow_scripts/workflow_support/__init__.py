"""Shared parts of all scripts: errors, atomic files, job logs, configuration, metrics and code digests."""
