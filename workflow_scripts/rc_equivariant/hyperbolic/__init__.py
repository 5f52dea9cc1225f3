"""Hyperbolic layers for DNA, in the Lorentz model of sectional curvature -1/k, equivariant or not.

Features are the space parts of points and have the same types as elsewhere in the library, so its pointwise layers,
residual connections and containers work on them unchanged. :mod:`.lorentz` has the functions of the model.
"""

from ..lazy_names import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "curvature": ["BorrowedCurvature", "Curvature"],
        "linear": ["LorentzConv1d", "LorentzFlattenLinear", "LorentzKmerConv1d", "LorentzLinear"],
        "logits": ["LorentzLogits"],
        "normalisation": ["LorentzBatchNorm1d"],
        "pooling": ["CentroidPool1d", "ChangeOfCurvature"],
    },
)
