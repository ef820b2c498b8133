"""Finds a Chromium for the browser tests, or installs one; prints its path.

In this order: ``NBTRACK_CHROMIUM``, an installed one, Debian's package when we are root on a
machine with apt, Playwright's own download. Fails with the reason otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def installed() -> str | None:
    """The path of a Chromium on this machine, or None."""
    named = os.environ.get("NBTRACK_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    for path in MAC_APPLICATIONS:
        if Path(path).exists():
            return path
    return playwrights_own()


def playwrights_own() -> str | None:
    """The path of the Chromium that Playwright downloaded, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> str:
    """Install a Chromium and return its path; raises RuntimeError with every reason it failed."""
    reasons = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
            if done.returncode:
                reasons.append(f"`{' '.join(command)}` failed: {done.stderr.strip()[-500:]}")
                break
        found = shutil.which("chromium")
        if found:
            return found
    done = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = playwrights_own()
    if found:
        return found
    reasons.append(f"`playwright install chromium` failed: {done.stderr.strip()[-500:]}")
    raise RuntimeError(
        "The browser tests need Chromium and none could be installed. Install one and put it on "
        "PATH, or name it in NBTRACK_CHROMIUM.\n" + "\n".join(reasons)
    )


if __name__ == "__main__":
    try:
        print(installed() or install())
    except RuntimeError as error:
        sys.exit(str(error))
