import json
import os
import subprocess

import pytest

from nbtrack.history.commits import committed, note_commit
from nbtrack.history.outside import note_written, notice_outside
from tests.history.documents import code, notebook
from tests.history.test_outside import NOW

OLD = notebook(code("a = 1", "a", "one"))
NEW = notebook(code("a = 2", "a", "two"))


@pytest.fixture
def git(tmp_path):
    """Run git in a repository: ``git("add", ".")``."""
    tmp_path = tmp_path / "repository"
    tmp_path.mkdir()
    who = {"NAME": "Grace", "EMAIL": "grace@example.org"}
    env = {f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who}

    def run(*arguments):
        done = subprocess.run(
            ["git", *arguments],
            cwd=tmp_path,
            env={**os.environ, **env, "GIT_CONFIG_GLOBAL": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    run("init", "-q", "-b", "main")
    return run


@pytest.fixture
def path(git, tmp_path):
    """Of a notebook's file in the repository, in a folder of it."""
    path = tmp_path / "repository" / "deep" / "a [book].ipynb"
    path.parent.mkdir()
    return path


@pytest.fixture
def save(store, path, take):
    """Write a document and record it: gives the revision."""

    def write(document):
        path.write_text(json.dumps(document))
        book = store.find_notebook(str(path)) or store.create_notebook(str(path))
        revision = take(book.notebook_id, document, "save").revision
        note_written(store, store.get_notebook(book.notebook_id), revision.revision_id)
        note_commit(store, revision, str(path))
        return store.get_revision(revision.revision_id)

    return write


def commit(git, words="work"):
    """Commit everything; gives the commit."""
    git("add", "-A")
    git("commit", "-q", "-m", words)
    return git("rev-parse", "HEAD")


def test_a_revision_says_which_commit_was_checked_out(git, save, path):
    """And whether the file was as committed; before the first commit there is none."""
    assert save(OLD).git_commit is None
    first = commit(git)
    changed = save(NEW)
    assert (changed.git_commit, changed.git_clean) == (first, False)
    second = commit(git)
    git("checkout", "-q", first)
    git("checkout", "-q", "main")
    same = save(notebook(*NEW["cells"], title="x"))
    assert same.git_commit == second


def test_a_revision_of_a_clean_file_says_so(git, store, save, path):
    """The file is as in the commit."""
    revision = save(OLD)
    only = commit(git)
    note_commit(store, revision, str(path))
    found = store.get_revision(revision.revision_id)
    assert (found.git_commit, found.git_clean) == (only, True)


def test_revisions_that_are_committed_later_are_marked(git, store, save, path):
    """Each by the latest commit that holds it; what was never committed is not."""
    old = save(OLD)
    first = commit(git)
    between = save(notebook(code("a = 9", "a")))
    new = save(NEW)
    second = commit(git)
    found = committed(store, path, [old, between, new])
    assert found == {old.revision_id: first, new.revision_id: second}


def test_a_commit_without_outputs_holds_the_code(git, store, save, path):
    """Where outputs are stripped before committing, the same code counts."""
    revision = save(OLD)
    path.write_text(json.dumps(notebook(code("a = 1", "a"))))
    only = commit(git)
    assert committed(store, path, [revision]) == {revision.revision_id: only}


def test_a_commit_with_other_outputs_is_another_state(git, store, save, path):
    """Where outputs are committed they count: the same code that showed others is not it."""
    revision = save(OLD)
    path.write_text(json.dumps(notebook(code("a = 1", "a", "other"))))
    commit(git)
    assert committed(store, path, [revision]) == {}


def test_a_commit_that_is_no_notebook_is_passed_over(git, store, save, path):
    """Marks of a merge were committed once, and the file was removed once."""
    revision = save(OLD)
    first = commit(git)
    path.write_text("<<<<<<<")
    commit(git)
    path.unlink()
    commit(git)
    assert committed(store, path, [revision]) == {revision.revision_id: first}


def test_a_pulled_edit_has_the_author_of_its_commit(git, store, save, path):
    """What a checkout or pull wrote was made by who committed it, not by who looks."""
    save(OLD)
    commit(git)
    git("checkout", "-q", "-b", "theirs")
    path.write_text(json.dumps(NEW))
    commit(git)
    git("checkout", "-q", "main")
    book = store.find_notebook(str(path))
    notice_outside(store, book, author="ada", at=NOW)
    git("checkout", "-q", "theirs")
    found = notice_outside(store, store.get_notebook(book.notebook_id), author="ada", at=NOW)
    assert (found.author, found.origin) == ("Grace", "outside")


def test_the_repository_is_only_read(git, store, save, path):
    """Nothing in it changes by recording and looking."""
    revision = save(OLD)
    commit(git)
    root = path.parent.parent
    before = {each: each.stat().st_mtime_ns for each in sorted(root.rglob("*"))}
    note_commit(store, revision, str(path))
    committed(store, path, [revision])
    assert {each: each.stat().st_mtime_ns for each in sorted(root.rglob("*"))} == before


def test_outside_of_a_repository_there_is_no_commit(store, take, tmp_path):
    """And no process is started to find out."""
    path = tmp_path / "plain.ipynb"
    path.write_text(json.dumps(OLD))
    book = store.create_notebook(str(path))
    revision = take(book.notebook_id, OLD).revision
    note_commit(store, revision, str(path))
    assert store.get_revision(revision.revision_id).git_commit is None
    assert committed(store, path, [revision]) == {}
