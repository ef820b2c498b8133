"""Asking the browser that has a notebook open to edit or record it: only there are its edits.

The question is an event; the page that holds the document acts and answers over HTTP.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from nbtrack.errors import StateError
from nbtrack.wire import ASK_SCHEMA_ID, Ask, AskAnswer

ANSWER_S = 15.0

ASK_SCHEMA = {
    "$id": ASK_SCHEMA_ID,
    "version": "1",
    "title": "nbtrack asks",
    "description": "The page that holds a document is asked to restore or record it.",
    "personal-data": False,
    "type": "object",
    "required": ["ask_id", "document_id", "command"],
    "properties": {
        "ask_id": {"type": "string"},
        "document_id": {"type": "string"},
        "command": {"enum": ["restore", "checkpoint"]},
        "revision_id": {"type": ["string", "null"]},
        "cell_id": {"type": ["string", "null"]},
        "outputs": {"type": "boolean"},
        "label": {"type": ["string", "null"]},
    },
}


class Asks:
    """Questions that wait for an answer.

    Args:
        emit: sends an event's data.
        answer_s: how long a page is waited for.
    """

    def __init__(
        self, emit: Callable[[dict[str, Any]], object], *, answer_s: float = ANSWER_S
    ) -> None:
        self._emit = emit
        self._answer_s = answer_s
        self._waiting: dict[str, asyncio.Future[AskAnswer]] = {}

    async def ask(self, document_id: str, **rest: Any) -> AskAnswer:
        """Ask the page that holds a document, and wait for what it says.

        Raises:
            StateError: it does not answer, or could not do it; says why.
        """
        ask = Ask(ask_id=uuid.uuid4().hex, document_id=document_id, **rest)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[ask.ask_id] = answer
        try:
            self._emit(msgspec.to_builtins(ask))
            said: AskAnswer = await asyncio.wait_for(answer, self._answer_s)
        except TimeoutError:
            raise StateError(
                "the notebook is open in a browser that does not answer: reload that page, or "
                "close the notebook there"
            ) from None
        finally:
            del self._waiting[ask.ask_id]
        if said.error is not None:
            raise StateError(said.error)
        return said

    def answer(self, ask_id: str, said: AskAnswer) -> bool:
        """Take a page's answer; says whether it was waited for."""
        waiting = self._waiting.get(ask_id)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(said)
        return True
