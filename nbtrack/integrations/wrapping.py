"""Wraps a library's public functions: one frame around each call, none in its tracebacks.

The wrapper of a function has its name, signature and documentation. It is small on purpose: a
class that is pickled by value takes it along, to where there may be no nbtrack.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, TracebackType
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from nbtrack.capture.policy import Guard
from nbtrack.integrations.fits import Fit, begin, here

_guard = Guard()
_signatures: WeakKeyDictionary[Callable[..., Any], inspect.Signature] = WeakKeyDictionary()


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    known = _signatures.get(function)
    if known is None:
        known = _signatures[function] = inspect.signature(function)
    return known


@dataclass
class Call:
    """One call of a wrapped function.

    Args:
        args, kwargs: as given; a handler may add a callback.
        result: what it returned, once it did.
        duration_s: how long it took, once it is over.
        notes: for the handler, between `Handler.before` and `Handler.after`.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any = None
    duration_s: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> Any:
        """The object whose method it is."""
        return self.args[0]

    def argument(self, name: str) -> Any:
        """An argument by its name, however it was given; None if it was not."""
        return self.arguments().get(name)

    def arguments(self) -> dict[str, Any]:
        """The given arguments by name."""
        bound = _signature(self.function).bind_partial(*self.args, **self.kwargs)
        given = dict(bound.arguments)
        for name, parameter in bound.signature.parameters.items():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                given.update(given.pop(name, {}))
        return given

    def replace(self, name: str, value: Any) -> None:
        """Give an argument another value."""
        names = list(_signature(self.function).parameters)
        at = names.index(name) if name in names else len(self.args)
        if at < len(self.args):
            self.args = (*self.args[:at], value, *self.args[at + 1 :])
        else:
            self.kwargs = {**self.kwargs, name: value}


class Handler(Protocol):
    """What is done around the calls of one library's wrapped functions."""

    def library(self, call: Call) -> str:
        """Whose fit it is, as the switches call it."""
        ...

    def joins(self, fit: Fit) -> bool:
        """Whether a call inside this fit adds to it."""
        ...

    def before(self, fit: Fit, call: Call) -> None:
        """The call is about to be made."""
        ...

    def after(self, fit: Fit, call: Call) -> None:
        """It returned."""
        ...

    def ended(self, fit: Fit, call: Call) -> None:
        """It is over, by an error perhaps."""
        ...


class Silent:
    """A handler that does nothing; others override what they need."""

    name = ""

    def library(self, call: Call) -> str:
        """The library that the handler is named after."""
        return self.name

    def joins(self, fit: Fit) -> bool:
        """No."""
        return False

    def before(self, fit: Fit, call: Call) -> None:
        """Nothing."""

    def after(self, fit: Fit, call: Call) -> None:
        """Nothing."""

    def ended(self, fit: Fit, call: Call) -> None:
        """Nothing."""


handlers: dict[str, Handler] = {}


class Recorded:
    """A call that is recorded; what goes on around it is in here, none of it while it runs."""

    def __init__(self, handler: Handler, fit: Fit, call: Call, *, joined: bool) -> None:
        self._handler = handler
        self._fit = fit
        self._joined = joined
        self._began_at_s = 0.0
        self.call = call

    def __enter__(self) -> Call:
        if not self._joined:
            here.fit = self._fit
        given = self.call.args, self.call.kwargs
        done = self._fit.do("preparing a fit", self._before, False)
        if not done:
            self.call.args, self.call.kwargs = given
        self._began_at_s = time.perf_counter()
        return self.call

    def _before(self) -> bool:
        self._handler.before(self._fit, self.call)
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        fit, call = self._fit, self.call
        ended_at_s = time.perf_counter()
        call.duration_s = ended_at_s - self._began_at_s
        try:
            if not self._joined:
                fit.told.fits_s += call.duration_s
            if error is None:
                fit.do("reading a fitted model", lambda: self._handler.after(fit, call), None)
                fit.told.spent_s += time.perf_counter() - ended_at_s
            fit.do("ending a fit", lambda: self._handler.ended(fit, call), None)
            if not self._joined:
                fit.close(error)
        finally:
            if not self._joined:
                here.fit = None


def recorded(
    handler_name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Recorded | None:
    """How a call of a wrapped function is to be recorded; None where it is not."""
    handler = handlers.get(handler_name)
    outer = here.fit
    if handler is None or (outer is not None and not handler.joins(outer)):
        return None
    call = Call(function, args, dict(kwargs))
    if outer is not None:
        return Recorded(handler, outer, call, joined=True)
    fit = _guard.run("looking at a fit", lambda: begin(handler.library(call)), None)
    return None if fit is None else Recorded(handler, fit, call, joined=False)


def wrapped(function: Callable[..., Any], handler_name: str) -> Callable[..., Any]:
    """A function whose calls are recorded."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            from nbtrack.integrations.wrapping import recorded
        except ImportError:
            # Unpickled where nbtrack is not installed.
            return function(*args, **kwargs)
        try:
            record = recorded(handler_name, function, args, kwargs)
            if record is None:
                return function(*args, **kwargs)
            with record as made:
                made.result = function(*made.args, **made.kwargs)
            return made.result
        except BaseException as error:
            # The first entry is this frame. A bare raise does not put it there again, so that
            # the traceback is as it would have been.
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
            raise

    call.__nbtrack__ = handler_name  # type: ignore[attr-defined]
    return call


def wrap_method(owner: type, name: str, handler_name: str) -> None:
    """Wrap a method that a class defines itself; fine if it has none, or a wrapped one."""
    method = owner.__dict__.get(name)
    if isinstance(method, FunctionType) and not hasattr(method, "__nbtrack__"):
        setattr(owner, name, wrapped(method, handler_name))


def wrap_function(name: str, handler_name: str, *modules: Any) -> None:
    """Wrap a function in the first module, and where the others have it under that name."""
    original = getattr(modules[0], name)
    if hasattr(original, "__nbtrack__"):
        return
    changed = wrapped(original, handler_name)
    for module in modules:
        if module is not None and getattr(module, name, None) is original:
            setattr(module, name, changed)


def wrap_in_subclasses(base: Any, name: str, handler_name: str) -> None:
    """Wrap a method in a class and in each class below it, those made later too."""
    if "__nbtrack__" in base.__dict__:
        return
    pending = [base]
    while pending:
        owner = pending.pop()
        wrap_method(owner, name, handler_name)
        pending += type.__subclasses__(owner)
    before = base.__dict__.get("__init_subclass__")

    def init_subclass(cls: Any, /, **kwargs: Any) -> None:
        if before is None:
            super(base, cls).__init_subclass__(**kwargs)
        else:
            before.__get__(None, cls)(**kwargs)
        wrap_method(cls, name, handler_name)

    base.__init_subclass__ = classmethod(init_subclass)
    base.__nbtrack__ = handler_name
