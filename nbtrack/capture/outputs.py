"""What a tracked cell shows, observed without changing it: rich outputs, figures, text.

Rich outputs pass by as messages, at hooks that ipykernel has for this; streams are the same
objects as before, with a ``write`` that also keeps a copy.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbtrack.capture.facts import CapturedOutput

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.policy import Guard

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
    "text/html": "html",
    "text/markdown": "md",
    "text/latex": "tex",
    "application/json": "json",
    "application/geo+json": "geojson",
}
_SKIPPED = ("application/javascript", "application/vnd.jupyter.widget", "application/vnd.nbtrack")
_BINARY = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf")


class OutputObserver:
    """Collects the outputs of one cell while they are shown.

    Args:
        shell: whose outputs.
        guard: every observation runs through it.
        before_output: called once, before the first output is shown.
        cleared: called when the cell clears its outputs.
        max_outputs: later ones are counted only.
        max_output_bytes: a larger one is counted only.
        max_text_bytes: of each stream.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        guard: Guard,
        *,
        before_output: Callable[[], None],
        cleared: Callable[[], None],
        max_outputs: int,
        max_output_bytes: int,
        max_text_bytes: int,
    ) -> None:
        self._shell = shell
        self._before = before_output
        self._cleared = cleared
        self._max_outputs = max_outputs
        self._max_output_bytes = max_output_bytes
        self._outputs: dict[str, tuple[str, list[CapturedOutput]]] = {}
        self._count = 0
        self.skipped_large = 0
        self.skipped_many = 0
        self._observe = guard.shield("keeping an output", self._message)
        self.streams = [
            StreamObserver(name, guard, self._first, max_text_bytes)
            for name in ("stdout", "stderr")
        ]
        self._hooked: list[Any] = []
        self._seen_any = False

    def start(self) -> None:
        """Begin to observe."""
        for publisher in (self._shell.display_pub, self._shell.displayhook):
            if hasattr(publisher, "register_hook"):
                publisher.register_hook(self._observe)
                self._hooked.append(publisher)
        for stream in self.streams:
            stream.start()

    def stop(self) -> None:
        """Stop to observe; the shell is as it was."""
        for publisher in self._hooked:
            publisher.unregister_hook(self._observe)
        self._hooked.clear()
        for stream in reversed(self.streams):
            stream.stop()

    def outputs(self) -> list[CapturedOutput]:
        """Everything kept, in the order shown, streams last."""
        kept = [output for _, made in self._outputs.values() for output in made]
        for stream in self.streams:
            if stream.size:
                path = f"{stream.name}.txt"
                kept.append(CapturedOutput(path, stream.text().encode(), "text/plain"))
        return kept

    def _first(self) -> None:
        if not self._seen_any:
            self._seen_any = True
            self._before()

    def _message(self, message: dict[str, Any]) -> dict[str, Any]:
        kind = message.get("msg_type")
        if kind == "clear_output":
            self._outputs.clear()
            self._cleared()
        elif kind in ("display_data", "update_display_data", "execute_result"):
            if kind != "update_display_data":
                self._first()
            self._keep(message["content"])
        return message

    def _keep(self, content: dict[str, Any]) -> None:
        data = content.get("data") or {}
        wanted = {mime: part for mime, part in data.items() if _is_kept(mime)}
        if not wanted:
            return
        key = str((content.get("transient") or {}).get("display_id") or "")
        known = self._outputs.get(key) if key else None
        if known is not None:
            stem = known[0]
        elif len(self._outputs) >= self._max_outputs:
            self.skipped_many += 1
            return
        else:
            self._count += 1
            is_figure = str(data.get("text/plain", "")).startswith("<Figure")
            stem = f"{'figure' if is_figure else 'output'}-{self._count}"
            key = key or f" {self._count}"
        made = []
        for mime, part in wanted.items():
            encoded = encode_part(mime, part)
            if len(encoded) > self._max_output_bytes:
                self.skipped_large += 1
                continue
            rule = "figure" if stem.startswith("figure") else "output"
            made.append(CapturedOutput(f"{stem}.{extension(mime)}", encoded, mime, rule))
        self._outputs[key] = (stem, made)


class StreamObserver:
    """Keeps a copy of what is written to ``sys.stdout`` or ``sys.stderr``, up to a size."""

    def __init__(self, name: str, guard: Guard, before: Callable[[], None], max_bytes: int) -> None:
        self.name = name
        self.size = 0
        self.cut = False
        self._max_bytes = max_bytes
        self._parts: list[str] = []
        self._stream: Any = None
        self._before = guard.shield("showing the run's card", before)
        self._note = guard.shield("keeping what is printed", self._keep)

    def start(self) -> None:
        """Begin to observe the present stream."""
        stream = getattr(sys, self.name)
        original = stream.write
        before, note = self._before, self._note

        def write(text: str) -> Any:
            __tracebackhide__ = True
            before()
            result = original(text)
            note(text)
            return result

        try:
            stream.write = write
        except AttributeError:
            # A stream that takes no attributes stays unobserved.
            return
        self._stream, self._write = stream, write

    def stop(self) -> None:
        """Give the stream its own ``write`` back."""
        if self._stream is not None and vars(self._stream).get("write") is self._write:
            del self._stream.write
        self._stream = None

    def text(self) -> str:
        """What was written; of a line that was overwritten (a progress bar) its last state."""
        lines = "".join(self._parts).split("\n")
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
        if self.cut:
            text += f"\n[nbtrack kept the first {self._max_bytes:,} bytes]\n"
        return text

    def _keep(self, text: str) -> None:
        if self.cut or not isinstance(text, str):
            return
        room = self._max_bytes - self.size
        if len(text) > room:
            text, self.cut = text[:room], True
        self._parts.append(text)
        self.size += len(text)


def _is_kept(mime: str) -> bool:
    return mime != "text/plain" and not mime.startswith(_SKIPPED)


def encode_part(mime: str, part: Any) -> bytes:
    """The bytes of one part of a MIME bundle, as it stands in a message."""
    if isinstance(part, bytes):
        return part
    if not isinstance(part, str):
        return json.dumps(part, ensure_ascii=False).encode()
    if mime in _BINARY:
        return base64.b64decode(part)
    return part.encode()


def extension(mime: str) -> str:
    """A file name's ending for a MIME type."""
    if mime in _EXTENSIONS:
        return _EXTENSIONS[mime]
    name = mime.rpartition("/")[2].removeprefix("vnd.").removesuffix("+json")
    safe = "".join(letter if letter.isalnum() else "-" for letter in name)
    return f"{safe}.json" if mime.endswith("json") else safe
