"""The schema changes, in order of their zero-padded ids."""
