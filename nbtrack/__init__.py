"""nbtrack: tracked runs and notebook history for plain JupyterLab, local-first."""

from __future__ import annotations

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Jupyter Server asks here which extension to load."""
    from nbtrack.server.app import NbtrackServer

    return [{"module": "nbtrack.server", "app": NbtrackServer}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """JupyterLab asks here where the built front end is."""
    return [{"src": "labextension", "dest": "nbtrack"}]
