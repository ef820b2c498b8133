"""Housekeeping of a store: collecting garbage, archives, backups, repair."""
