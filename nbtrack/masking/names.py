"""Which names look like credentials, and which of their values are none after all."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

MASK = "***"
"""Stands for a whole value. In a text, `nbtrack.masking.TEXT_MASK` stands for a part of it."""

KEYWORDS = (
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "credential",
    "token",
    "bearer",
    "auth",
    "_key",
    "-key",
    "apikey",
    "accesskey",
    "accountkey",
    "privatekey",
    "connection_string",
    "connectionstring",
    "dsn",
)
"""Every name that looks like a credential has one of these in it, in lower case."""

_STRONG_TEXT = """
password passwd passphrase pwd secret secrets apikey accesskey secretkey privatekey accountkey
authorization
"""
_WEAK_TEXT = """
token tokens auth credential credentials bearer dsn connectionstring
"""
_PAIRS = frozenset(
    [(first, "key") for first in ("api", "access", "secret", "private", "account")]
    + [("connection", "string"), ("api", "keys"), ("access", "keys")]
)
# What comes last says what a name is: a token's type is no token.
_ABOUT_TEXT = """
type types name names column columns col cols field fields url uri urls path file filename dir
folder length len count limit size header headers endpoint pattern regex policy prompt label
manager provider expiry lifetime ttl version id ids str index idx class scheme mode method
validator required enabled help error message
"""
_SPECIAL_TOKENS_TEXT = """
pad eos bos unk mask cls sep special start end stop next prefix suffix image audio separator
sentinel continuation
"""
_STRONG, _WEAK = frozenset(_STRONG_TEXT.split()), frozenset(_WEAK_TEXT.split())
_ABOUT = frozenset(_ABOUT_TEXT.split())
_SPECIAL_TOKENS = frozenset(_SPECIAL_TOKENS_TEXT.split())
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[^A-Za-z0-9]+")
_PLACEHOLDER = re.compile(
    r"\s*(?:\*+(?:masked\*+)?|<[^<>]*>|\[[^\[\]]*\]|\$\{?\w+\}?|%\(?\w+\)?s?|[^\w{}]*(?:\{[^{}]*\}[^\w{}]*)*|"
    r"None|null|true|false|[A-Z]+(?:_[A-Z0-9]+)+)\s*\Z"
)
_PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\)|.*\.(?:json|ya?ml|toml|txt|env|pem|ini|cfg)\Z")


def is_credential_name(name: str) -> bool:
    """Whether a name (``db_password``, ``cfg.apiKey``, ``X-Auth-Token``) is a credential's."""
    return _strength(name) > 0


def is_credential(name: str, value: str) -> bool:
    """Whether the text ``value``, bound to ``name``, is to be taken for a credential.

    Placeholders (``<token>``, ``[PAD]``, ``{token}``, the name of an environment variable) are
    not, nor is a path.
    """
    strength = _strength(name)
    if not strength or _PLACEHOLDER.match(value):
        return False
    return not (_PATH.match(value) and (strength == 1 or name.lower().endswith("pwd")))


def is_weak(name: str) -> bool:
    """Whether a name is that of a credential in one field and of something else in another."""
    return _strength(name) == 1


@lru_cache(maxsize=1024)
def _strength(name: str) -> int:
    """0: no credential; 1: perhaps, as ``token`` is; 2: surely."""
    lowered = name.lower()
    if not any(keyword in lowered for keyword in KEYWORDS):
        return 0
    words = [word for word in _BETWEEN.split(_CAMEL.sub("_", name).lower()) if word]
    # A qualifier behind the credential word, or a tokenizer's special token, changes the sense.
    if not words or words[-1] in _ABOUT:
        return 0
    if any(word in _STRONG for word in words):
        return 2
    pairs = set(pairwise(words))
    if pairs & _PAIRS:
        return 1 if ("connection", "string") in pairs else 2
    if words[-1] in ("token", "tokens") and _SPECIAL_TOKENS.intersection(words[:-1]):
        return 0
    return 1 if any(word in _WEAK for word in words) else 0
