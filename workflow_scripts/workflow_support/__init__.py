"""What every script needs, whatever it computes: errors, atomic files, job logs, configuration, code digests."""
