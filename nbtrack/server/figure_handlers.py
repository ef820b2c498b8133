"""Every picture a notebook showed: the list, and the bytes, which can do nothing as the user."""

from __future__ import annotations

from nbtrack.present import figure_info
from nbtrack.server.artifact_handlers import POLICY
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.store.base import Store
from nbtrack.wire import FigurePage

MAX_PAGE = 500


class NotebookFigures(ApiHandler):
    """``notebooks/ID/figures``"""

    @endpoint
    async def get(self, notebook_id: str) -> None:
        """A page of pictures, those shown last first."""
        limit = self.integer("limit", 60, least=1, most=MAX_PAGE)
        token = self.text("page_token")

        def page(store: Store) -> FigurePage:
            found = store.list_figures(notebook_id, limit=limit, page_token=token)
            return FigurePage(
                figures=[figure_info(figure) for figure in found.items],
                next_page_token=found.next_page_token,
            )

        self.reply(await self.services.access.call(page))


class OneFigure(ApiHandler):
    """``notebooks/ID/figures/DIGEST``"""

    @property
    def content_security_policy(self) -> str:
        """No scripts, no origin, no requests."""
        return POLICY

    def initialize(self) -> None:
        """Begin without a digest: errors have no ETag."""
        self._etag: str | None = None

    def compute_etag(self) -> str | None:
        """Bytes are named by their digest already."""
        return self._etag

    @endpoint
    async def get(self, notebook_id: str, digest: str) -> None:
        """The bytes."""
        media_type, content = await self.services.access.call(
            lambda store: store.read_figure(notebook_id, digest)
        )
        self._etag = f'"{digest}"'
        self.set_header("X-Content-Type-Options", "nosniff")
        # Asked for again each time: what was forgotten must not come back.
        self.set_header("Cache-Control", "private, no-cache")
        self.write(content)
        self.finish(set_content_type=media_type)
