"""Learning from arrays: training, saved models, metrics, baseline, prediction. Knows no genomics format."""
