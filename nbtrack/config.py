"""Settings: where the store is, what is captured, and the limits.

Read from the user's and the system's Jupyter config directories (``nbtrack_config.py`` or
``nbtrack_config.json``, section ``c.NbtrackConfig``), as every Jupyter application does.
Nothing here opens a store.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from traitlets import Bool, Enum, Float, Int, List, TraitError, Unicode
from traitlets.config import Configurable
from traitlets.config.loader import Config

from nbtrack.errors import UsageError

STORE_ENV = "NBTRACK_STORE"
"""Environment variable that names the store; wins over the configuration."""


class NbtrackConfig(Configurable):
    """What can be set. Every limit says what happens when it is reached."""

    store = Unicode(
        "",
        help="Directory (or SQLAlchemy URL) of the store. Empty: nbtrack/ in the Jupyter "
        "data directory. NBTRACK_STORE wins over it.",
    ).tag(config=True)
    network_file_system = Enum(
        ("auto", "yes", "no"),
        "auto",
        help="Whether the store is on a file system of a network: found out, or as you say. "
        "NBTRACK_NETWORK_FILE_SYSTEM wins over it.",
    ).tag(config=True)
    capture_executions = Bool(
        True, help="Record every cell execution. Tracked cells are recorded either way."
    ).tag(config=True)
    capture_history = Bool(True, help="Record notebook revisions.").tag(config=True)
    history_exclude = List(
        Unicode(),
        [],
        help="Folders and notebooks without a history, for example ['~/private', '*/scratch-*']. "
        "'nbtrack history on' and 'off' win over it.",
    ).tag(config=True)
    mask_secrets = Bool(
        True,
        help="Mask values of names like password, and tokens of known shapes, in everything that "
        "is recorded: params, code, outputs, errors, URLs. What was recorded is not unmasked.",
    ).tag(config=True)
    capture_params = Bool(True, help="Capture params of tracked cells.").tag(config=True)
    capture_metrics = Bool(True, help="Capture metrics of tracked cells.").tag(config=True)
    capture_inputs = Bool(
        True, help="Capture the files, tables and queries that tracked cells read and write."
    ).tag(config=True)
    capture_outputs = Bool(True, help="Keep what tracked cells show and print as artifacts.").tag(
        config=True
    )
    capture_figures = Bool(True, help="Keep figures of tracked cells as artifacts.").tag(
        config=True
    )
    capture_environment = Bool(
        True, help="Record Python, packages, platform and git commit of each run."
    ).tag(config=True)
    capture_git_diff = Bool(
        True, help="Keep what was not committed as an artifact of each run (git-diff.patch)."
    ).tag(config=True)
    capture_local_modules = Bool(
        True, help="Keep the sources of your own modules that a notebook imports."
    ).tag(config=True)
    capture_system_metrics = Bool(
        True, help="Sample CPU, memory, disk, network and GPU use while a tracked cell runs."
    ).tag(config=True)
    system_metrics_after_s = Float(
        2.0, help="Sample the machine once a tracked cell has run for so many seconds."
    ).tag(config=True)
    autolog = Bool(
        True, help="Record what libraries say of their fits in tracked cells and active runs."
    ).tag(config=True)
    autolog_exclude = List(
        Unicode(),
        [],
        help="Libraries whose fits are not recorded, for example ['sklearn', 'optuna'].",
    ).tag(config=True)
    busy_timeout_s = Float(
        30.0, help="Seconds a writer waits for another one before it reports an error."
    ).tag(config=True)
    max_source_bytes = Int(
        1_000_000, help="A longer cell source is recorded cut, and says so."
    ).tag(config=True)
    max_text_bytes = Int(
        1_000_000, help="Captured stdout of one run is cut at this size, and says so."
    ).tag(config=True)
    max_artifact_bytes = Int(
        50_000_000,
        help="Automatic capture skips a larger output and notes it; explicit calls have no limit.",
    ).tag(config=True)
    max_history_output_bytes = Int(
        10_000_000,
        help="Of a larger output a revision keeps digest and size, of a picture a small one, of a "
        "text its beginning and end, and says so. 0 is no limit.",
    ).tag(config=True)
    max_digest_bytes = Int(
        4_000_000_000, help="The content of a larger input or output is not hashed, and says so."
    ).tag(config=True)
    max_output_artifact_bytes = Int(
        1_000_000,
        help="A file that a tracked cell writes becomes an artifact up to this size. A larger "
        "one is recorded as an output, without its content.",
    ).tag(config=True)
    max_auto_artifacts = Int(
        100, help="Automatic capture keeps the first this many outputs of a cell, and says so."
    ).tag(config=True)
    max_diff_bytes = Int(
        1_000_000, help="A longer git diff is kept cut at this size, and says so."
    ).tag(config=True)
    keep_runs_days = Int(
        0, help="'nbtrack gc' removes runs that ended more days ago. 0 keeps them for ever."
    ).tag(config=True)
    keep_revisions_days = Float(
        1.0,
        help="'nbtrack gc' keeps every revision for so many days, then the last one of each "
        "session of work, and always those that are named, or that a run or a restore refers to. "
        "0 keeps all.",
    ).tag(config=True)
    max_notebook_history_bytes = Int(
        0,
        help="'nbtrack gc' removes the oldest revisions of a notebook, but for those, until its "
        "history takes at most so many bytes. 0 is no limit.",
    ).tag(config=True)
    max_history_bytes = Int(
        0, help="The same for the histories of all notebooks in the store together."
    ).tag(config=True)
    keep_executions_days = Int(
        0,
        help="'nbtrack gc' removes cell executions that are older, of sessions without a run. "
        "0 keeps them for ever.",
    ).tag(config=True)


def _jupyter_config() -> Config:
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import (
        ConfigFileNotFound,
        JSONFileConfigLoader,
        PyFileConfigLoader,
    )

    merged = Config()
    for directory in reversed(jupyter_config_path()):
        for loader, name in (
            (JSONFileConfigLoader, "nbtrack_config.json"),
            (PyFileConfigLoader, "nbtrack_config.py"),
        ):
            try:
                merged.merge(loader(name, path=directory).load_config())
            except ConfigFileNotFound:
                continue
            except Exception as error:
                # The file is the user's code: it can raise anything.
                path = Path(directory) / name
                raise UsageError(
                    f"the settings in {path} cannot be read: {type(error).__name__}: {error}"
                ) from error
    return merged


@lru_cache(maxsize=1)
def load_config() -> NbtrackConfig:
    """The configuration of this process, read once.

    Raises:
        UsageError: a configuration file cannot be read, or a value in it is of the wrong kind.
    """
    try:
        return NbtrackConfig(config=_jupyter_config())
    except TraitError as error:
        raise UsageError(f"a setting in nbtrack_config cannot be used: {error}") from error


def store_location(explicit: str | os.PathLike[str] | None = None) -> str:
    """Where the store is: the argument, then ``NBTRACK_STORE``, then the configuration, then
    ``nbtrack/`` in the Jupyter data directory.

    Returns:
        An absolute directory, or a SQLAlchemy URL unchanged.
    """
    chosen = str(explicit) if explicit is not None else os.environ.get(STORE_ENV, "")
    if not chosen:
        chosen = load_config().store
    if not chosen:
        from jupyter_core.paths import jupyter_data_dir

        chosen = str(Path(jupyter_data_dir()) / "nbtrack")
    if "://" in chosen:
        return chosen
    return str(Path(chosen).expanduser().absolute())
