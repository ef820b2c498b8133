"""Notebooks and their revisions: pure functions over nbformat documents and the Store."""
