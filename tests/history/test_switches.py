import pytest

from nbtrack.config import NbtrackConfig
from nbtrack.history.identity import follow_rename
from nbtrack.history.switches import is_recorded


@pytest.mark.parametrize(
    ("switches", "recorded"),
    [
        ({}, True),
        ({"/w/private/a.ipynb": False}, False),
        ({"/w/private": False}, False),
        ({"/w": False}, False),
        ({"/w": False, "/w/private": True}, True),
        ({"/w/private": False, "/w/private/a.ipynb": True}, True),
        ({"/w/priv": False, "/w/private/a": False}, True),
    ],
)
def test_the_nearest_switch_decides(store, switches, recorded):
    """Of the notebook itself, else of the nearest folder it is in."""
    for path, on in switches.items():
        store.switch_history(path, on)
    assert is_recorded(store, "/w/private/a.ipynb") is recorded


@pytest.mark.parametrize(
    ("patterns", "recorded"),
    [(["/w/private"], False), (["*/a.ipynb"], False), (["/w/pri"], True), (["*.txt"], True)],
)
def test_settings_exclude_folders_and_notebooks(store, patterns, recorded):
    """Patterns name a notebook or a folder; a switch wins over them."""
    config = NbtrackConfig(history_exclude=patterns)
    assert is_recorded(store, "/w/private/a.ipynb", config) is recorded
    store.switch_history("/w", True)
    assert is_recorded(store, "/w/private/a.ipynb", config)


def test_the_setting_of_the_server_wins_over_switches(store):
    """Where nothing is recorded at all, no switch brings it back."""
    store.switch_history("/w", True)
    assert not is_recorded(store, "/w/a.ipynb", NbtrackConfig(capture_history=False))


def test_a_switch_can_be_taken_back(store):
    """Then what is above decides again."""
    store.switch_history("/w", False)
    store.switch_history("/w/a.ipynb", True)
    store.switch_history("/w/a.ipynb", None)
    assert not is_recorded(store, "/w/a.ipynb")
    assert store.history_switches() == {"/w": False}


def test_switches_follow_renames(store):
    """Of a folder those below it too."""
    for path in ("/w/old", "/w/old/a.ipynb", "/w/older"):
        store.switch_history(path, False)
    follow_rename(store, "/w/old", "/w/new")
    assert set(store.history_switches()) == {"/w/new", "/w/new/a.ipynb", "/w/older"}
