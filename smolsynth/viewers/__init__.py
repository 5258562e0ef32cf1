"""Rows to look at: printed, browsed, compared, drawn."""
