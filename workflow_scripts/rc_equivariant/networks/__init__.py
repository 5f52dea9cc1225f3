"""The published architectures, each in every representation."""
