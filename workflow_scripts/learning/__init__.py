"""Learning from windows: models, training, evaluation, analysis, and the table of the kinds of task."""
