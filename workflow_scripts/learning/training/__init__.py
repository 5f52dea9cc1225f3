"""Training: settings, batches, losses and the loop. Nothing here reads the test split."""
