"""Training: settings, batches, losses and loop of each kind of task. No module here knows the test split."""
