"""Rows in and out: converted, checked, saved with a card, mixed, pushed."""
