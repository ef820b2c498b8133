"""The watch on imports: what is imported is what would have been, and nothing more."""

from __future__ import annotations

import importlib
import subprocess
import sys
import traceback
from pathlib import Path
from types import ModuleType

import pytest

from nbtrack.integrations.imports import ImportWatch
from nbtrack.integrations.switches import LIBRARIES, WATCHED


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory to import from."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("watched_fine", "watched_broken", "watched_raises"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "watched_fine.py").write_text("value = [1]\n")
    (tmp_path / "watched_broken.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "watched_raises.py").write_text("def f():\n    1 / 0\n\n\nf()\n")
    return tmp_path


def watch(name: str, seen: list[ModuleType]) -> ImportWatch:
    """Begin to watch one module."""
    made = ImportWatch({name: seen.append})
    made.start()
    return made


def test_an_import_is_told_and_a_reload_too(modules: Path) -> None:
    """The module, its spec and its loader are Python's own."""
    seen: list[ModuleType] = []
    watching = watch("watched_fine", seen)
    try:
        import watched_fine

        assert seen == [watched_fine]
        assert type(watched_fine.__spec__.loader).__name__ == "SourceFileLoader"
        assert "exec_module" not in vars(watched_fine.__loader__)
        importlib.reload(watched_fine)
        assert seen == [watched_fine] * 2
        again: list[ModuleType] = []
        watch("watched_fine", again).stop()
        assert again == [watched_fine]
    finally:
        watching.stop()
    importlib.reload(watched_fine)
    assert len(seen) == 2
    assert not any(
        isinstance(finder, ImportWatch) and finder is watching for finder in sys.meta_path
    )


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("watched_broken", ImportError),
        ("watched_raises", ZeroDivisionError),
        ("watched_absent", ImportError),
    ],
)
def test_an_import_that_fails_looks_as_before(
    modules: Path, name: str, error: type[Exception]
) -> None:
    """Same exception, same traceback, and no half-made module is left."""

    def tell() -> str:
        with pytest.raises(error) as caught:
            exec(f"import {name}")
        assert name not in sys.modules
        return "".join(traceback.format_exception(caught.value))

    expected = tell()
    seen: list[ModuleType] = []
    watching = watch(name, seen)
    try:
        assert tell() == expected
        assert seen == []
    finally:
        watching.stop()


def run(code: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_library_is_imported_by_us() -> None:
    """Neither by nbtrack, nor by switching autologging on, nor by any module of ours."""
    tops = sorted({name.partition(".")[0] for name in WATCHED} | {"torch", "tensorflow"})
    modules = [f"nbtrack.integrations.{name}" for name in (*LIBRARIES, "fits", "wrapping")]
    code = (
        "import sys, importlib, nbtrack\nnbtrack.autolog()\nimport nbtrack.kernel.side\n"
        f"[importlib.import_module(name) for name in {modules!r}]\n"
        f"print([name for name in {tops!r} if name in sys.modules])"
    )
    assert run(code) == "[]"


def test_a_library_is_hooked_into_whenever_it_is_imported(tmp_path: Path) -> None:
    """Before the switch or after it; its classes that were there before are wrapped as well."""
    pytest.importorskip("sklearn")
    for order in ("from sklearn.svm import SVC; nbtrack.autolog()",
                  "nbtrack.autolog(); from sklearn.svm import SVC"):  # fmt: skip
        code = f"import nbtrack; {order}; print(hasattr(SVC.fit, '__nbtrack__'))"
        assert run(code) == "True"
