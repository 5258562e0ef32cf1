"""What is wrong with rows: rules for one row, and the report of a dataset."""
