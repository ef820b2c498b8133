"""The Jupyter Server extension itself: its endpoints, its start and its clean stop."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp

from nbtrack.config import load_config
from nbtrack.server.base import SETTING
from nbtrack.server.routes import ROUTES
from nbtrack.server.services import Services, build_services
from nbtrack.store import open_store
from nbtrack.store.base import Store


class NbtrackServer(ExtensionApp):
    """nbtrack's half in the Jupyter Server process."""

    name = "nbtrack"
    extension_url = "/nbtrack/api/status"
    load_other_extensions = True

    def initialize_settings(self) -> None:
        """Wire our parts to this server. Nothing is opened yet."""
        assert self.serverapp is not None  # linked before settings are initialised
        self.settings[SETTING] = build_services(
            contents_manager=self.serverapp.contents_manager,
            event_logger=self.serverapp.event_logger,
            log=self.log,
            config=load_config(),
            open_store=open_store,
            adopt=_adopt,
        )

    def initialize_handlers(self) -> None:
        """Add our endpoints."""
        self.handlers.extend(ROUTES)

    async def stop_extension(self) -> None:
        """Finish what is queued and release the store."""
        services: Services | None = self.settings.pop(SETTING, None)
        if services is not None:
            await services.stop()


def _adopt(store: Store) -> None:
    from nbtrack.tracking.adoption import adopt_journals

    adopt_journals(store)
