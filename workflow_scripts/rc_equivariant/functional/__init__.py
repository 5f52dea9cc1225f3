"""Fast forms of a few operations, as functions of tensors; each equals a plain form that the tests compare it with."""
