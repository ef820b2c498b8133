"""The endpoints that look for words: in code and notes, and in histories."""

from __future__ import annotations

from nbtrack.errors import UsageError
from nbtrack.present import history_matches, text_matches
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.store.base import Store
from nbtrack.wire import HistoryMatchPage, TextMatchPage

DEFAULT_PAGE = 50
MAX_PAGE = 1000


class _Search(ApiHandler):
    """A page of what holds words, newest first; with a path, of the notebook that is there now."""

    def nothing(self) -> object:
        """The page where no notebook is at the path."""
        raise NotImplementedError

    def find(
        self, store: Store, words: str, notebook_id: str | None, limit: int, token: str | None
    ) -> object:
        """The page."""
        raise NotImplementedError

    @endpoint
    async def get(self) -> None:
        """Look for the words."""
        words = self.text("text")
        if words is None:
            raise UsageError("say what to look for: text=…")
        path = self.text("path")
        stored = self.services.paths.stored(path) if path is not None else None
        limit = self.integer("limit", DEFAULT_PAGE, least=1, most=MAX_PAGE)
        token = self.text("page_token")

        def page(store: Store) -> object:
            notebook = None if stored is None else store.find_notebook(stored)
            if stored is not None and notebook is None:
                return self.nothing()
            notebook_id = None if notebook is None else notebook.notebook_id
            return self.find(store, words, notebook_id, limit, token)

        self.reply(await self.services.access.call(page))


class Search(_Search):
    """``search``: code and notes."""

    def nothing(self) -> TextMatchPage:
        """See `_Search`."""
        return TextMatchPage(matches=[], next_page_token=None)

    def find(
        self, store: Store, words: str, notebook_id: str | None, limit: int, token: str | None
    ) -> TextMatchPage:
        """See `_Search`."""
        page = store.search_text(words, notebook_id=notebook_id, limit=limit, page_token=token)
        return TextMatchPage(
            matches=text_matches(store, page.items, path=self.services.paths.api),
            next_page_token=page.next_page_token,
        )


class HistorySearch(_Search):
    """``history/search``: cells that at some time held the words."""

    def nothing(self) -> HistoryMatchPage:
        """See `_Search`."""
        return HistoryMatchPage(matches=[], next_page_token=None)

    def find(
        self, store: Store, words: str, notebook_id: str | None, limit: int, token: str | None
    ) -> HistoryMatchPage:
        """See `_Search`."""
        page = store.search_history(words, notebook_id=notebook_id, limit=limit, page_token=token)
        return HistoryMatchPage(
            matches=history_matches(store, page.items, path=self.services.paths.api),
            next_page_token=page.next_page_token,
        )
