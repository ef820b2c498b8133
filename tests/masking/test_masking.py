"""Secrets in names, values and texts."""

from __future__ import annotations

import importlib
import pkgutil
import re

import detect_secrets.plugins
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.masking import (
    TEXT_MASK,
    differs_only_masked,
    is_credential_name,
    mask_bytes,
    mask_json,
    mask_text,
    mask_value,
)
from nbtrack.masking.shapes import _SHAPES

GITHUB = "ghp_" + "a1B2" * 9
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIsecret\n-----END RSA PRIVATE KEY-----"

MASKED = [
    ('password = "hunter2"', "hunter2"),
    ("password: str = 'hunter2'", "hunter2"),
    ("api_key='abcdef12'", "abcdef12"),
    ('os.environ["X_TOKEN"] = "s3cr3t-val"', "s3cr3t-val"),
    ('os.environ.setdefault("API_KEY", "zzz111")', "zzz111"),
    ('os.getenv("DB_PASSWORD", "hunter2")', "hunter2"),
    ('client = Client(apiKey="abc", user="me")', '"abc"'),
    ('cfg = {"password": "hunter2", "user": "joe"}', "hunter2"),
    ('secret = ("abcde"\n  "fghij")', "fghij"),
    ("secrets = ['abcde', 'fghij']", "fghij"),
    ('password = """hun\nter"""', "hun\nter"),
    ('if password == "hunter2": pass', "hunter2"),
    ('openai.set_api_key("abc1234")', "abc1234"),
    ('"source": "password = \\"hunter2\\"\\n"', "hunter2"),
    ("printed: {'db_password': 'hunter2'}", "hunter2"),
    ('db = "postgresql://me:pw@host/db"', ":pw@"),
    ("!pip install git+https://x:tok1@github.com/a/b", "tok1"),
    ("%env API_KEY=abc123", "abc123"),
    ("!huggingface-cli login --token abc123def", "abc123def"),
    ('x = "Server=h;Password=abc;"', "=abc"),
    ("https://h/x?api_key=abcdef123&z=1", "abcdef123"),
    ('{"Authorization": "Bearer abcdefghijklmnop"}', "abcdefghijklmnop"),
    (f"print('{GITHUB}')", GITHUB),
    (f"x = fetch('{JWT}')", JWT),
    (KEY, "MIIsecret"),
    ("login('hf_" + "a" * 34 + "')", "a" * 34),
    ("k = 'AIza" + "b" * 35 + "'", "b" * 35),
    ("İ password = 'hunter2'", "hunter2"),
]  # fmt: skip
LEFT_ALONE = [
    'tokenizer.pad_token = "<pad>"', 'token = "hello"', 'df[["token", "label"]]',
    "tokens = ['the', 'cat']", 'password = getpass("Password: ")',
    'password = os.environ["PASSWORD"]', 'api_key = os.environ.get("OPENAI_API_KEY")',
    'key_env = "OPENAI_API_KEY"; api_key = "OPENAI_API_KEY"', 'f"Bearer {token}"',
    "password = f'{a}'", 'author = "somebody 1"', 'pwd = "/home/me"', "token_type = 'bearer-1'",
    "max_tokens = 256", "https://host/path?page=abcdef123", "primary_key = 'customer_id'",
    "tokenizer = 'bert-base-uncased'", "***", "a ***b*** c", "",
]  # fmt: skip


@pytest.mark.parametrize(("text", "secret"), MASKED)
def test_secrets_are_masked(text: str, secret: str) -> None:
    """What is given to a credential's name, and tokens of known shapes, are masked visibly."""
    masked = mask_text(text)
    assert secret not in masked
    assert TEXT_MASK in masked
    assert mask_text(masked) == masked
    assert differs_only_masked(masked, text)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Names that only sound like it, placeholders and what is read at run time stay."""
    assert mask_text(text) == text


@settings(max_examples=200, deadline=None)
@given(st.text(), st.sampled_from([text for text, _ in MASKED]), st.text())
def test_masking_twice_changes_nothing(before: str, secret: str, after: str) -> None:
    """A masked text is masked to itself: what was restored is recorded as it stands."""
    masked = mask_text(before + secret + after)
    assert mask_text(masked) == masked


# Discord's shape has no fixed letters, Artifactory's second one is any word in capitals, and of
# JSON web tokens ours takes all parts; the keyword, entropy and address detectors guess.
_NOT_USED = {"discord", "ip_public", "jwt", "base", "basic_auth", "private_key", "telegram_token"}


def _shapes() -> list[tuple[str, str]]:
    found = []
    for module in pkgutil.iter_modules(detect_secrets.plugins.__path__):
        room = importlib.import_module(f"detect_secrets.plugins.{module.name}")
        for value in vars(room).values():
            if not isinstance(value, type) or value.__module__ != room.__name__:
                continue
            patterns = getattr(value, "denylist", ())
            if isinstance(patterns, (list, tuple)) and module.name not in _NOT_USED:
                found += [(module.name, pattern.pattern) for pattern in patterns]
    return found


def test_every_detector_is_used() -> None:
    """A detector that a new detect-secrets brings is noticed here."""
    known = {shape.plugin[0] for shape in _SHAPES if shape.plugin is not None}
    assert {module for module, _ in _shapes()} == known


EXAMPLES = {
    "artifactory": ['key "AKCp1234567890abc"'],
    "aws": ["AKIAIOSFODNN7EXAMPLE", "aws_secret_key: '" + "aB3/" * 10 + "'",
            "AWS key = '" + "c" * 40 + "'"],
    "azure_storage_key": ["AccountKey=" + "a" * 86 + "=="],
    "cloudant": ["cloudant_password = " + "0a" * 32, "https://u:" + "a" * 24 + "@x.cloudant.com"],
    "github_token": [GITHUB, GITHUB.replace("ghp_", "ghr_")],
    "gitlab_token": ["glpat-" + "a" * 20, "GR1348941" + "b" * 20, "gloas-" + "c" * 64],
    "ibm_cloud_iam": ["ibm_cloud_api_key: " + "a1" * 22],
    "ibm_cos_hmac": ["cos_hmac_secret_key: " + "0f" * 24],
    "mailchimp": ["0" * 32 + "-us12"],
    "npm": ["//registry/:_authToken=npm_abc", "//registry/:_authToken=" + "0a" * 18],
    "openai": ["sk-" + "a" * 20 + "T3BlbkFJ" + "b" * 20],
    "pypi_token": ["pypi-AgEIcHlwaS5vcmc" + "a" * 70],
    "sendgrid": ["SG." + "a" * 22 + "." + "b" * 43],
    "slack": ["xoxb-34532454-fgh", "https://hooks.slack.com/services/Txx/Byy/zz"],
    "softlayer": ["softlayer_api_key: " + "0a" * 32],
    "square_oauth": ["sq0csp-" + "a" * 43],
    "stripe": ["rk_live_" + "a1" * 12],
    "twilio": ["AC" + "0a" * 16, "SK" + "0a" * 16],
}  # fmt: skip


@pytest.mark.parametrize("module", sorted({module for module, _ in _shapes()}))
def test_the_detectors_shapes_are_found(module: str) -> None:
    """What a detector of detect-secrets finds is found through its letters as well."""
    patterns = [re.compile(pattern, re.I) for name, pattern in _shapes() if name == module]
    for example in EXAMPLES[module]:
        assert any(pattern.search(example) for pattern in patterns)
        assert TEXT_MASK in mask_text(f"before\n{example}\nafter"), example


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("password", True), ("dbPassword", True), ("X-Auth-Token", True), ("AWS_SECRET", True),
        ("openai_api_key", True), ("cfg.token", True), ("APIKey", True), ("author", False),
        ("tokenizer", False), ("token_count", False), ("primary_key", False), ("pad_token", False),
        ("monkey", False), ("password_column", False), ("authority", False),
    ],
)  # fmt: skip
def test_names(name: str, is_one: bool) -> None:
    """Words of a name tell; what it ends in can say that it is about a credential only."""
    assert is_credential_name(name) is is_one


def test_values() -> None:
    """A secret value is masked whole, a secret inside a long text where it stands."""
    assert mask_value("url", "x", "https://u:p@h/x") == "***"
    assert mask_value("password", 5, "5") == "5"
    assert mask_value("note", "x", f"see {GITHUB}") == f"see {TEXT_MASK}"


def test_json_keeps_what_has_no_secret() -> None:
    """Only what has a secret is copied, and images are not looked at."""
    clean = {"a": ["b", 1, None], "image/png": f"{GITHUB}"}
    assert mask_json(clean) is clean
    assert mask_json({"x": {"password": "hunter2"}}) == {"x": {"password": TEXT_MASK}}


def test_bytes_of_texts_only() -> None:
    """A picture's bytes stay as they are, whatever they look like."""
    data = GITHUB.encode()
    assert mask_bytes(data, "image/png") is data
    assert mask_bytes(data, "text/html") == TEXT_MASK.encode()
    assert mask_bytes(b"\xff" + data, "text/plain") == b"\xff" + data


def test_inline_images_are_not_looked_at() -> None:
    """An image inside of HTML stays whole, and what stands around it is masked."""
    image = "data:image/png;base64," + "AC" + "0a" * 200
    assert mask_text(f"<img src='{image}'> {GITHUB}") == f"<img src='{image}'> {TEXT_MASK}"


def test_only_masked_places_may_differ() -> None:
    """A text that differs elsewhere was not made from this one."""
    masked = f'password = "{TEXT_MASK}"\nx = 1'
    assert differs_only_masked(masked, 'password = "hunter2"\nx = 1')
    assert not differs_only_masked(masked, 'password = "hunter2"\nx = 2')
    assert not differs_only_masked("x = 1", "x = 1")
