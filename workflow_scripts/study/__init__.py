"""A study after its evaluations: tables, paired statistics, claims, and the page of results."""
