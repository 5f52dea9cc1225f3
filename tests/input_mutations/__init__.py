"""Random edits of small valid inputs, and what comes of them; see `input_mutations.__main__`."""
