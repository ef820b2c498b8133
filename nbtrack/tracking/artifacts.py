"""The part of a run that takes artifacts: files, figures, texts, tables, images.

Bytes are stored at once, in the caller's thread; the record that names them follows. So a
run never names bytes that a dead process did not get to store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack.entities import Origin
from nbtrack.errors import NotFoundError, StateError, UsageError
from nbtrack.records import ArtifactLogged

if TYPE_CHECKING:
    from nbtrack.tracking.session import Session

_EXPLICIT = Origin("explicit")


class ArtifactLogging:
    """What `ActiveRun` has for artifacts."""

    session: Session
    run_id: str
    run_name: str
    ended_at: datetime | None

    def add_artifact(
        self,
        path: str,
        data: bytes,
        media_type: str | None = None,
        *,
        origin: Origin = _EXPLICIT,
    ) -> str:
        """Store bytes as an artifact; gives their digest.

        Args:
            path: relative, with forward slashes; one that exists is replaced.
            data: the bytes.
            media_type: told from the path by default.
            origin: where they came from.
        """
        self.require_open()
        return self.keep_artifact(path, data, media_type, origin=origin)

    def keep_artifact(
        self, path: str, data: bytes, media_type: str | None = None, *, origin: Origin
    ) -> str:
        """As `add_artifact`, also for a run that has ended: capture is done a little later."""
        from nbtrack.tracking import encoders

        path = encoders.artifact_file(path)
        digest = self.session.put_blob(data)
        kind = media_type or encoders.media_type(path)
        self.session.record(
            ArtifactLogged(self.run_id, path, digest, len(data), kind, self.session.now(), origin)
        )
        return digest

    def require_open(self) -> None:
        """Raises StateError if the run has ended."""
        if self.ended_at is not None:
            raise StateError(
                f"run {self.run_name} has ended. Start it again with "
                f"nbtrack.start_run(run_id={self.run_id!r}) to log more."
            )

    def log_artifact(
        self, local_path: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Log a file. See `nbtrack.log_artifact`."""
        source = Path(local_path)
        if source.is_dir():
            self.log_artifacts(source, _below(artifact_path, source.name))
            return
        try:
            data = source.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read {os.fspath(local_path)!r}: {error}") from error
        self.add_artifact(_below(artifact_path, source.name), data)

    def log_artifacts(
        self, local_dir: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Log all files of a directory. See `nbtrack.log_artifacts`."""
        root = Path(local_dir)
        if not root.is_dir():
            raise UsageError(f"{os.fspath(local_dir)!r} is no directory")
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            data = file.read_bytes()
            self.add_artifact(_below(artifact_path, file.relative_to(root).as_posix()), data)

    def log_text(self, text: str, artifact_file: str) -> None:
        """Log text. See `nbtrack.log_text`."""
        self.add_artifact(artifact_file, text.encode("utf-8", "backslashreplace"))

    def log_dict(self, dictionary: Any, artifact_file: str) -> None:
        """Log a dictionary. See `nbtrack.log_dict`."""
        from nbtrack.tracking.encoders import dict_bytes

        self.add_artifact(artifact_file, dict_bytes(dictionary, artifact_file))

    def log_figure(
        self, figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Log a figure. See `nbtrack.log_figure`."""
        from nbtrack.tracking.encoders import figure_bytes

        self.add_artifact(artifact_file, figure_bytes(figure, artifact_file, save_kwargs))

    def log_image(
        self,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
    ) -> None:
        """Log an image. See `nbtrack.log_image`."""
        from nbtrack.tracking.checks import check_key
        from nbtrack.tracking.encoders import image_bytes

        if (artifact_file is None) == (key is None):
            raise UsageError("log_image needs an artifact_file, or a key with a step")
        if artifact_file is None:
            assert key is not None
            at = int(self.session.now().timestamp() * 1000) if timestamp is None else timestamp
            name = check_key("image", key).replace("/", "#")
            artifact_file = f"images/{name}%step%{step or 0}%timestamp%{at}.png"
        self.add_artifact(artifact_file, image_bytes(image, artifact_file))

    def log_table(self, data: Any, artifact_file: str) -> None:
        """Log a table. See `nbtrack.log_table`."""
        from nbtrack.tracking import encoders

        if not artifact_file.endswith(".json"):
            raise UsageError(f"a table is kept as JSON: {artifact_file!r} must end in .json")
        parts = encoders.table_parts(data)
        self.session.flush()
        try:
            _, earlier = self.session.store.read_artifact(self.run_id, artifact_file)
        except NotFoundError:
            pass
        else:
            parts = encoders.joined_tables(json.loads(earlier), parts)
        self.add_artifact(artifact_file, encoders.table_bytes(parts))


def _below(directory: str | None, name: str) -> str:
    return f"{directory}/{name}" if directory else name
