"""A small model trained on a dataset, and examined."""
