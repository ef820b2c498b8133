"""nbtrack: tracked runs and notebook history for plain JupyterLab, local-first."""

__version__ = "0.1.0"
