"""The Jupyter Server extension: the JSON API, live events, and the history of open notebooks."""
