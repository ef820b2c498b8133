"""An artifact's bytes, so served that nothing in them can act as the user.

Artifacts are what some code wrote: a page among them must not run scripts with the server's
cookies. So every answer is sandboxed, never sniffed, and of a type from a short list.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from nbtrack.server.base import ApiHandler, endpoint

INLINE_TYPES = frozenset(
    {
        "application/json",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/webp",
        "text/csv",
        "text/html",
        "text/markdown",
        "text/plain",
        "text/tab-separated-values",
    }
)
OTHER_TYPE = "application/octet-stream"
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-ancestors 'self'"
)


class RunArtifact(ApiHandler):
    """``runs/ID/artifacts/PATH``; ``download=1`` saves it."""

    @property
    def content_security_policy(self) -> str:
        """No scripts, no origin, no requests."""
        return POLICY

    def compute_etag(self) -> str | None:
        """Bytes are named by their digest already."""
        return self._etag

    @endpoint
    async def get(self, run_id: str, path: str) -> None:
        """The bytes."""
        await self._send(run_id, path, body=True)

    @endpoint
    async def head(self, run_id: str, path: str) -> None:
        """Their size and type."""
        await self._send(run_id, path, body=False)

    def initialize(self) -> None:
        """Begin without a digest: errors have no ETag."""
        self._etag: str | None = None

    async def _send(self, run_id: str, path: str, *, body: bool) -> None:
        artifact, content = await self.services.access.call(
            lambda store: store.read_artifact(run_id, path)
        )
        media_type = artifact.media_type.split(";")[0].strip().lower()
        inline = media_type in INLINE_TYPES
        shown = media_type if inline else OTHER_TYPE
        if shown.startswith("text/") or shown == "application/json":
            shown += "; charset=utf-8"
        self._etag = f'"{artifact.digest}"'
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "private, no-cache")
        if not inline or self.text("download"):
            self.set_attachment_header(PurePosixPath(artifact.path).name)
        if body:
            self.write(content)
        else:
            self.set_header("Content-Length", str(len(content)))
        self.finish(set_content_type=shown)
