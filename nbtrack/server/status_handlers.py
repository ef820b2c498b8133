"""Endpoints about this server itself and about experiments."""

from __future__ import annotations

from nbtrack.present import experiment_info
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.version import __version__
from nbtrack.wire import ExperimentList, Status


class ServerStatus(ApiHandler):
    """``status``"""

    @endpoint
    async def get(self) -> None:
        """Version, store and user; an error when the store cannot be opened."""
        services = self.services
        location = await services.access.call(lambda store: store.location)
        self.reply(
            Status(
                version=__version__,
                store=location,
                capture_history=services.capture_history,
                user=self.author,
            )
        )


class Experiments(ApiHandler):
    """``experiments``"""

    @endpoint
    async def get(self) -> None:
        """Active experiments, by last use."""
        found = await self.services.access.call(lambda store: store.list_experiments())
        self.reply(
            ExperimentList(experiments=[experiment_info(experiment) for experiment in found])
        )
