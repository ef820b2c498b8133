"""The endpoints that look for words: in code and notes, and in histories."""

from __future__ import annotations

from collections.abc import Callable

from nbtrack.errors import UsageError
from nbtrack.present import history_matches, text_matches
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.server.paths import NotebookPaths
from nbtrack.store.base import Store
from nbtrack.wire import HistoryMatchPage, TextMatchPage

DEFAULT_PAGE = 50
MAX_PAGE = 1000


class _Search(ApiHandler):
    find: Callable[[Store, str, str | None, int, str | None, NotebookPaths], object]

    @endpoint
    async def get(self) -> None:
        """A page of what holds words, newest first."""
        words = self.text("text")
        if words is None:
            raise UsageError("say what to look for: text=…")
        path = self.text("path")
        stored = self.services.paths.stored(path) if path is not None else None
        limit = self.integer("limit", DEFAULT_PAGE, least=1, most=MAX_PAGE)
        token = self.text("page_token")
        self.reply(
            await self.services.access.call(
                type(self).find, words, stored, limit, token, self.services.paths
            )
        )


def match_page(
    store: Store, words: str, path: str | None, limit: int, token: str | None, paths: NotebookPaths
) -> TextMatchPage:
    """What matches; with a path, in the notebook that is there now."""
    notebook_id = None
    if path is not None:
        notebook = store.find_notebook(path)
        if notebook is None:
            return TextMatchPage(matches=[], next_page_token=None)
        notebook_id = notebook.notebook_id
    page = store.search_text(words, notebook_id=notebook_id, limit=limit, page_token=token)
    return TextMatchPage(
        matches=text_matches(store, page.items, path=paths.api),
        next_page_token=page.next_page_token,
    )


def history_page(
    store: Store, words: str, path: str | None, limit: int, token: str | None, paths: NotebookPaths
) -> HistoryMatchPage:
    """What of the histories matches; with a path, of the notebook that is there now."""
    notebook_id = None
    if path is not None:
        notebook = store.find_notebook(path)
        if notebook is None:
            return HistoryMatchPage(matches=[], next_page_token=None)
        notebook_id = notebook.notebook_id
    page = store.search_history(words, notebook_id=notebook_id, limit=limit, page_token=token)
    return HistoryMatchPage(
        matches=history_matches(store, page.items, path=paths.api),
        next_page_token=page.next_page_token,
    )


class Search(_Search):
    """``search``: code and notes."""

    find = staticmethod(match_page)


class HistorySearch(_Search):
    """``history/search``: cells that at some time held the words."""

    find = staticmethod(history_page)
