"""Runs: the active run, the ``log_*`` calls, and how what they record reaches the store."""
