"""The one place that swallows an error: automatic capture never raises into a user's cell.

Whatever automatic capture does runs through a `Guard`. A failure is counted, told once per
process as a warning, handed to whoever marks the run's capture incomplete, and then forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_logger = logging.getLogger("nbtrack")
_told = False


def attempt(work: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """What ``work()`` gives, or the error it raises, for code that the user wrote in an option."""
    try:
        return work(), None
    except Exception as error:  # noqa: BLE001 - the documented place
        return None, error


def text_of(error: BaseException) -> str:
    """An error's text, also of a class that fails to give one."""
    text, failure = attempt(lambda: str(error))
    return f"(its text cannot be read: {type(failure).__name__})" if text is None else text


class Guard:
    """Counts what automatic capture failed to do.

    Args:
        on_failure: called with a one-line reason, once for each kind of work that fails.
    """

    def __init__(self, on_failure: Callable[[str], None] | None = None) -> None:
        self.failures = 0
        self.on_failure = on_failure
        self._seen: set[str] = set()

    def run(self, doing: str, work: Callable[[], T], default: T) -> T:
        """The result of ``work()``, or ``default`` when it fails.

        Args:
            doing: what is done, as in "reading the cell's names"; shown to the user.
            work: called once.
            default: returned in the place of a result.
        """
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the documented place
            self._failed(doing, error)
            return default

    def shield(self, doing: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, never raising: where it fails it gives its first argument back."""

        def shielded(*args: Any) -> Any:
            # IPython leaves such frames out of tracebacks (an interrupt can land here).
            __tracebackhide__ = True
            try:
                return work(*args)
            except Exception as error:  # noqa: BLE001 - the documented place
                self._failed(doing, error)
                return args[0] if args else None

        return shielded

    def _failed(self, doing: str, error: Exception) -> None:
        global _told
        self.failures += 1
        reason = f"{doing}: {type(error).__name__}: {text_of(error)}"
        if not _told:
            _told = True
            _logger.warning("nbtrack could not do everything (%s). Cells are not affected.", reason)
        _logger.debug("nbtrack: %s", reason, exc_info=error)
        if doing not in self._seen and self.on_failure is not None:
            self._seen.add(doing)
            _, again = attempt(lambda: self.on_failure and self.on_failure(reason))
            if again is not None:
                _logger.debug("nbtrack: the failure was not recorded either", exc_info=again)
