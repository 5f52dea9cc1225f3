"""Fast forms of a few operations, as functions of tensors; the tests compare each with its plain form."""
