"""Credentials by their names: the texts that code, data and command lines give to such names.

Code is not parsed: what is masked must be the same in a cell with magics, in half a cell, in a
traceback and in a printed dictionary. So a name is looked for first, and then whether a text
literal is assigned to it.
"""

from __future__ import annotations

import re

from nbtrack.masking.names import KEYWORDS, is_credential, is_credential_name, is_weak

_BEFORE = re.compile(r"[A-Za-z0-9_.\-]*\Z")
_AFTER = re.compile(r"[A-Za-z0-9_\-]*")
_LITERAL = (
    r"(?P<prefix>[rRbBuUfF]{0,2})(?:"
    r'"""(?P<a>(?:[^\\]|\\.)*?)"""|'
    r"'''(?P<b>(?:[^\\]|\\.)*?)'''|"
    r'\\"(?P<c>[^"\\\n]*)\\"|'
    r'"(?P<d>(?:[^"\\\n]|\\.)*)"|'
    r"'(?P<e>(?:[^'\\\n]|\\.)*)')"
)
_ASSIGNED = re.compile(
    r"\\?[\"']?\s{0,3}\]?(?:\s*:\s*[A-Za-z_][\w.\[\], |]{0,60}(?=\s*=))?"
    r"\s{0,20}(?:=>|:=|==|!=|=|:)(?P<open>(?:[\s(\[]|\\\n){0,40})" + _LITERAL,
    re.DOTALL,
)
_DEFAULT = re.compile(r"\\?[\"']\s*,\s*" + _LITERAL, re.DOTALL)
_ASKED = re.compile(r"(?:getenv|setenv|putenv|setdefault|\.get|\.set|set_key)\(\s*[\"']\Z")
_SET = re.compile(r"\(\s*" + _LITERAL + r"\s*\)", re.DOTALL)
_NEXT = re.compile(r"[\s\\]{0,20}" + _LITERAL, re.DOTALL)
_NEXT_IN_LIST = re.compile(r"\s{0,20},?\s{0,20}" + _LITERAL, re.DOTALL)
_OPTION = re.compile(r"[=\s]\s*(?P<q>[\"']?)(?P<d>[^\s\"'$;&|{}]+)")
_SHELL = re.compile(r"[ \t]*(?:[!%]?\s*(?:export|setx?|env)\s|%env\s|%set_env\s)[^\n]*\Z")
_PARTS = ("a", "b", "c", "d", "e")
_SOUNDS_SECRET = re.compile(r"(?=.*(?:\d|[^\w\s]|[a-z][A-Z]))[^\s]{6,}\Z|[^\s]{16,}\Z", re.DOTALL)


def spans(text: str, lowered: str) -> list[tuple[int, int]]:
    """Where values of credentials stand in a text: without their quotes.

    Args:
        text: code, or what code prints.
        lowered: the same in lower case.
    """
    found: list[tuple[int, int]] = []
    done: set[int] = set()
    for keyword in [keyword for keyword in KEYWORDS if keyword in lowered]:
        at = lowered.find(keyword)
        while at >= 0:
            before = _BEFORE.search(text, max(0, at - 80), at)
            begin = at if before is None else before.start()
            after = _AFTER.match(text, at)
            end = at if after is None else after.end()
            if begin not in done:
                done.add(begin)
                name = text[begin:end]
                if is_credential_name(name):
                    found += _values(text, name, begin, end)
            at = lowered.find(keyword, max(end, at + 1))
    return found


def _values(text: str, name: str, begin: int, end: int) -> list[tuple[int, int]]:
    match = _ASSIGNED.match(text, end)
    if match is None and _ASKED.search(text, max(0, begin - 40), begin):
        match = _DEFAULT.match(text, end)
    if match is None and name.rpartition(".")[2].lower().startswith("set_"):
        match = _SET.match(text, end)
    if match is None:
        return _in_shell(text, name, begin, end)
    found = []
    following = _NEXT_IN_LIST if "[" in (match.groupdict().get("open") or "") else _NEXT
    while match is not None:
        part = next(each for each in _PARTS if match[each] is not None)
        value = match[part]
        if is_credential(name, value) and (not is_weak(name) or _SOUNDS_SECRET.match(value)):
            found.append(match.span(part))
        # "abc" "def" is one text.
        match = following.match(text, match.end())
    return found


def _in_shell(text: str, name: str, begin: int, end: int) -> list[tuple[int, int]]:
    """``--password abc``, ``export TOKEN=abc`` and ``%env TOKEN=abc``."""
    line = text.rfind("\n", 0, begin) + 1
    is_option = text[begin : begin + 2] == "--"
    if not is_option and not _SHELL.match(text, line, begin):
        return []
    match = _OPTION.match(text, end)
    if match is None or not is_credential(name.lstrip("-"), match["d"]):
        return []
    return [match.span("d")]
