"""The sequences on which the two strands are compared, as a user would give them: with an odd and an even length.

A network that reads padded rows can answer the same for a row and its reverse complement, and not for a sequence and
its reverse complement, because padding has placed the latter elsewhere. So sequences are turned over before they are
placed in windows, as for any prediction. The sequences of a task may all have one length, which may be that of the
window; so some are also read without their last base.
"""

from __future__ import annotations

import numpy as np

#: The largest number of sequences that are also read without their last base.
SHORTENED = 1_000


def rows_to_shorten(count: int) -> np.ndarray:
    """Rows among ``count``, at most :data:`SHORTENED`, evenly spaced from the first to the last."""
    return np.unique(np.linspace(0, count - 1, min(count, SHORTENED)).astype(np.int64)) if count else np.arange(0)
