"""Networks of an encoding, a trunk and a head, each in every representation."""
