"""Networks made of an encoding, a trunk and a head, in every representation."""
