"""One module for each tracker; all offer what `base.Tracker` asks for.

These run in the environment of the tracker they are about, where neither nbtrack nor its
dependencies are installed: standard library and that tracker only.
"""
