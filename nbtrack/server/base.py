"""What every endpoint has: authentication, one error shape, checked input, JSON out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from http.client import responses
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from nbtrack.errors import NbtrackError, NotFoundError, StateError, StoreError, UsageError
from nbtrack.server.identity import author_of, origin_of
from nbtrack.wire import ErrorBody, ErrorInfo

if TYPE_CHECKING:
    from nbtrack.server.services import Services

S = TypeVar("S")
Code = Literal[
    "bad_request", "not_found", "conflict", "forbidden", "too_large", "store", "internal"
]
Endpoint = Callable[..., Awaitable[None]]

AUTH_RESOURCE = "nbtrack"
SETTING = "nbtrack"
"""Under this key the web application's settings hold the `Services`."""

_STATUS_CODES: dict[int, Code] = {
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
}
_ENCODER = msgspec.json.Encoder()


class ApiError(web.HTTPError):
    """An answer that says what went wrong.

    Args:
        status: the HTTP status.
        code: for programs; see `wire.ErrorInfo`.
        message: for people.
    """

    def __init__(self, status: int, code: Code, message: str) -> None:
        super().__init__(status)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def api_error(error: NbtrackError) -> ApiError:
    """Our own errors as HTTP says them."""
    match error:
        case NotFoundError():
            return ApiError(404, "not_found", str(error))
        case UsageError():
            return ApiError(400, "bad_request", str(error))
        case StateError():
            return ApiError(409, "conflict", str(error))
        case StoreError():
            return ApiError(503, "store", str(error))
    return ApiError(500, "internal", str(error))


def endpoint(method: Endpoint) -> Endpoint:
    """An HTTP method of a handler: authenticated, authorised, our errors as answers."""

    @wraps(method)
    async def answering(self: ApiHandler, *args: str) -> None:
        try:
            await method(self, *args)
        except NbtrackError as error:
            raise api_error(error) from error

    return cast(Endpoint, web.authenticated(authorized(answering)))


def encode_json(body: object) -> bytes:
    """JSON bytes; also of text that holds half a surrogate pair, as old outputs may."""
    try:
        return _ENCODER.encode(body)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(body)).encode()


def decode_json(body: bytes, shape: type[S]) -> S:
    """Decode and check a request's body.

    Raises:
        ApiError: 400; says what is wrong and where.
    """
    try:
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            # The standard library also reads half surrogate pairs, which notebooks can hold.
            return msgspec.convert(json.loads(body), type=shape)
    except msgspec.ValidationError as error:
        raise ApiError(400, "bad_request", f"the body does not fit: {error}") from error
    except ValueError as error:
        raise ApiError(400, "bad_request", f"the body is not JSON: {error}") from error


class ApiHandler(APIHandler):
    """Base of our handlers."""

    auth_resource = AUTH_RESOURCE

    async def prepare(self) -> None:  # type: ignore[override]
        """The first request starts the watch for changes."""
        await super().prepare()
        if self.current_user:
            self.services.live.start()

    @property
    def services(self) -> Services:
        """What this server's endpoints work with."""
        return cast("Services", self.settings[SETTING])

    @property
    def author(self) -> str:
        """Who is asking."""
        return author_of(self.current_user)

    @property
    def origin(self) -> str:
        """From which application; see `identity.origin_of`."""
        return origin_of(self.request)

    def reply(self, body: object, *, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.finish(encode_json(body))

    def body(self, shape: type[S]) -> S:
        """The request's body, checked."""
        return decode_json(self.request.body, shape)

    def text(self, name: str) -> str | None:
        """A query argument; None when absent or empty."""
        return self.get_query_argument(name, "") or None

    def texts(self, name: str) -> tuple[str, ...]:
        """A query argument that may be given several times."""
        return tuple(value for value in self.get_query_arguments(name) if value)

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number from the query.

        Raises:
            ApiError: 400, it is none, or out of bounds.
        """
        given = self.text(name)
        if given is None:
            return default
        if not given.isascii() or not given.isdigit() or not least <= int(given[:18]) <= most:
            raise ApiError(
                400, "bad_request", f"{name} is a whole number from {least} to {most}: {given!r}"
            )
        return int(given)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of some words from the query. Raises ApiError (400)."""
        given = self.text(name) or default
        if given not in choices:
            words = ", ".join(choices)
            raise ApiError(400, "bad_request", f"{name} is one of {words}: {given!r}")
        return given

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error has the one shape."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, ApiError):
            info = ErrorInfo(code=error.code, message=error.message)
        else:
            said = str(error.log_message or "") if isinstance(error, web.HTTPError) else ""
            fallback: Code = "bad_request" if status_code < 500 else "internal"
            info = ErrorInfo(
                code=_STATUS_CODES.get(status_code, fallback),
                message=said or responses.get(status_code, "Unknown error"),
            )
        self.set_header("Content-Type", "application/json")
        self.finish(encode_json(ErrorBody(error=info)))


class NoSuchEndpoint(ApiHandler):
    """Everything below our prefix that is nothing."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse every method alike."""
        await super().prepare()
        if not self.current_user:
            raise web.HTTPError(403)
        raise ApiError(404, "not_found", f"there is no {self.request.path}")
