"""Tokens of known shapes, wherever they stand in a text.

Most shapes are those of Yelp's detect-secrets, whose plugins are imported one by one, when a
text has letters that every token of theirs has; what it lacks is added here. Its high-entropy
detectors are not used: they guess. A text is searched for the letters only, and for shapes
around where they stand, so that clean text costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where to look for a token, and for what.

    Args:
        letters: one of these is in each token, in this case.
        shape: what it looks like; of one with a group only the group is the secret.
        plugin: module and class of detect-secrets with the shapes, in the place of ``shape``.
        before: how many characters before the letters the shape may begin; with 0 it begins
            with them.
        after: how many characters from the letters on it may take, where ``before`` is not 0.
        any_case: the letters are given in lower case and may be in any.
        whole: groups hold a token's prefix, not the token.
    """

    letters: tuple[str, ...]
    shape: str = ""
    plugin: tuple[str, str] | None = None
    before: int = 0
    after: int = 200
    any_case: bool = False
    whole: bool = False


def _plugin(module: str, name: str, *letters: str, **where: int | bool) -> _Shape:
    return _Shape(letters, plugin=(module, name), **where)  # type: ignore[arg-type]


_GITHUB = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")
_GITLAB = ("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "GR1348941", "glcbt-", "glimt-")
_NAMES_IN_URLS = ("key=", "token=", "secret=", "password=", "pwd=", "sig=", "signature=", "auth=")
_SHAPES = (
    _plugin("artifactory", "ArtifactoryDetector", "AKC", before=1),
    _plugin("aws", "AWSKeyDetector", "AKIA", "ASIA", "ABIA", "ACCA", "A3T"),
    _plugin("aws", "AWSKeyDetector", "aws", before=1, any_case=True),
    _plugin("azure_storage_key", "AzureStorageKeyDetector", "AccountKey="),
    _plugin("cloudant", "CloudantDetector", "cloudant", before=130, any_case=True),
    _plugin("github_token", "GitHubTokenDetector", *_GITHUB, whole=True),
    _plugin("gitlab_token", "GitLabTokenDetector", *_GITLAB, whole=True),
    _plugin("gitlab_token", "GitLabTokenDetector", "glptt-", "glagent-", "gloas-", whole=True),
    _plugin("ibm_cloud_iam", "IbmCloudIamDetector", "ibm", "cloud_iam", before=4, any_case=True),
    _plugin("ibm_cos_hmac", "IbmCosHmacDetector", "secret", before=16, any_case=True),
    _plugin("mailchimp", "MailchimpDetector", "-us", before=32, after=5),
    _plugin("npm", "NpmDetector", "/:_authToken=", before=100),
    _plugin("openai", "OpenAIDetector", "sk-"),
    _plugin("pypi_token", "PypiTokenDetector", "pypi-Ag"),
    _plugin("sendgrid", "SendGridDetector", "SG."),
    _plugin("slack", "SlackDetector", "xox", any_case=True),
    _plugin("slack", "SlackDetector", "hooks.slack.com", before=8, any_case=True),
    _plugin("softlayer", "SoftlayerDetector", "softlayer", before=16, any_case=True),
    _plugin("square_oauth", "SquareOAuthDetector", "sq0csp-"),
    _plugin("stripe", "StripeDetector", "k_live_", before=1),
    _plugin("twilio", "TwilioKeyDetector", "AC", "SK"),
    _Shape(("eyJ",), r"eyJ[\w-]{8,}=*\.[\w-]{8,}=*(?:\.[\w.+/=-]*)?"),
    _Shape(
        ("-----BEGIN ",),
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
        r"(.{1,20000}?(?=-----END)|(?:\\n|\s)*[A-Za-z0-9+/=]{32,}(?:(?:\\n|\s)+[A-Za-z0-9+/=]+)*)",
    ),
    _Shape(("PuTTY-User-Key-File-",), r"PuTTY-User-Key-File-\d:(.{1,20000}?Private-MAC: *\w+)"),
    _Shape(("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}"),
    _Shape(("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    _Shape(("sk-",), r"sk-(?:(?:ant|proj|svcacct|or)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,}\b)"),
    _Shape(("AIza",), r"AIza[0-9A-Za-z_-]{35}"),
    _Shape(("dapi",), r"dapi[0-9a-f]{32}\b"),
    _Shape(("npm_",), r"npm_[A-Za-z0-9]{36}\b"),
    _Shape((":AA",), r"\b\d{8,10}:AA[0-9A-Za-z_-]{33}", before=10, after=40),
    _Shape(("earer ",), r"earer +([A-Za-z0-9._~+/-]{12,}=*)"),
    _Shape(("Basic ",), r"Basic +([A-Za-z0-9+/]{8,}={1,2})"),
    _Shape(
        _NAMES_IN_URLS,
        r"[?&](?:[A-Za-z_-]*(?:token|key|secret|password)|sig|signature|auth)="
        r"([^&\s\"'<>#{}$\\]{6,})",
        before=24,
        after=2000,
        any_case=True,
    ),
    _Shape(
        ("password=", "pwd=", "accountkey=", "accesskey="),
        r"[;\"'](?i:\s*(?:password|pwd|accountkey|sharedaccesskey)=)([^;\"'\s{}$]+)",
        before=20,
        after=500,
        any_case=True,
    ),
    _Shape(("://",), r"://[^\s:/?#@\"'{}<>]*:([^\s/@\"'{}$<>]+)@"),
)
_RARE = "_=-:"
"""A text without one of these is not searched for the letters that have it: tables have none."""


def _grouped(*, any_case: bool) -> dict[str, list[tuple[str, _Shape]]]:
    found: dict[str, list[tuple[str, _Shape]]] = {}
    for shape in _SHAPES:
        for letters in shape.letters if shape.any_case is any_case else ():
            rare = next((each for each in _RARE if each in letters), "")
            found.setdefault(rare, []).append((letters, shape))
    return found


_EXACT, _ANY_CASE = _grouped(any_case=False), _grouped(any_case=True)


def spans(text: str, lowered: str) -> list[tuple[int, int]]:
    """Where tokens of known shapes stand in a text; the spans may overlap.

    Args:
        text: any text.
        lowered: the same in lower case, position by position.
    """
    found: list[tuple[int, int]] = []
    for where, places in ((text, _EXACT), (lowered, _ANY_CASE)):
        for rare, group in places.items():
            # The empty text is in every text.
            if rare in where:
                # One pass over the letters: in most texts none of them is there.
                for letters, shape in [place for place in group if place[0] in where]:
                    found += _found(letters, shape, where, text)
    return found


def _found(letters: str, shape: _Shape, where: str, text: str) -> Iterator[tuple[int, int]]:
    at = where.find(letters)
    while at >= 0:
        yield from _at(shape, text, at)
        at = where.find(letters, at + len(letters))


def _at(shape: _Shape, text: str, at: int) -> Iterator[tuple[int, int]]:
    for pattern in _patterns(shape):
        if shape.before:
            begin, end = max(0, at - shape.before), at + shape.after
            matches = pattern.finditer(text, begin, end)
        else:
            first = pattern.match(text, at)
            matches = iter(()) if first is None else iter((first,))
        for match in matches:
            # Of nested groups the first that took part is the outer one.
            groups = range(1, 0 if shape.whole else pattern.groups + 1)
            yield match.span(next((n for n in groups if match[n]), 0))


@cache
def _patterns(shape: _Shape) -> tuple[re.Pattern[str], ...]:
    if shape.plugin is None:
        return (re.compile(shape.shape, re.DOTALL),)
    module, name = shape.plugin
    return tuple(getattr(import_module(f"detect_secrets.plugins.{module}"), name).denylist)
