"""The study of a run, made from its evaluations: tables, paired statistics, claims, and the page of results."""
