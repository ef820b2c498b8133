"""The one version number, of the Python and the JupyterLab half."""

__version__ = "0.1.0"
