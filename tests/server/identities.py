"""A server with named users, one of whom may not do anything."""

from jupyter_core.utils import ensure_async
from jupyter_server.auth import Authorizer, IdentityProvider, User


class NamedUsers(IdentityProvider):
    """The user is who the header says: a stand-in for a hub's login."""

    async def get_user(self, handler):
        """Who asks, given that the token is right."""
        if await ensure_async(super().get_user(handler)) is None:
            return None
        name = handler.request.headers.get("X-Test-User", "ada")
        return User(name, name=name, display_name=name.title())


class OnlyAda(Authorizer):
    """Everything of nbtrack's is Ada's alone."""

    def is_authorized(self, handler, user, action, resource):
        """Whether a user may."""
        return resource != "nbtrack" or user.username == "ada"
