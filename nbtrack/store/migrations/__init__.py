"""Alembic's script directory: one file a schema change, in ``versions``."""
