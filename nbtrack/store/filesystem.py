"""Which file system a store is on, and where its journals go when that is a network's.

SQLite's WAL needs memory that all its users share, which machines on a network do not have
(https://www.sqlite.org/wal.html), and a journal needs a mapped file that keeps what was written
to it. So on a network file system the database works without a WAL, and the journals of each
machine are on a disk of its own. `NbtrackConfig.network_file_system` decides where this module
cannot tell.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from nbtrack.config import load_config
from nbtrack.errors import StoreError, UsageError

NETWORK_ENV = "NBTRACK_NETWORK_FILE_SYSTEM"
"""Environment variable with ``yes``, ``no`` or ``auto``; wins over the configuration."""
JOURNALS_ENV = "NBTRACK_JOURNALS"
"""Environment variable that names a directory on a local disk for journals."""

_MOUNTINFO = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {"9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "gfs2"}
    | {"glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "openafs", "orangefs"}
    | {"panfs", "prl_fs", "pvfs2", "smb2", "smb3", "smbfs", "vboxsf", "webdav", "wekafs"}
)
_NETWORK_FUSE = frozenset(
    {"afs", "beegfs", "blobfuse", "blobfuse2", "ceph", "ceph-fuse", "curlftpfs", "cvmfs2"}
    | {"davfs", "davfs2", "dfs", "gcsfuse", "glusterfs", "goofys", "grpcfuse", "gvfsd-fuse"}
    | {"juicefs", "lizardfs", "mfs", "mount-s3", "moosefs", "osxfs", "quobyte", "rclone"}
    | {"s3fs", "seaweedfs", "smbnetfs", "sshfs", "vmhgfs-fuse", "wdfs"}
)
LOCKS_STAY_HERE = frozenset({"nolock", "nobrl", "local_lock=all", "local_lock=posix"})


@dataclass(frozen=True, slots=True)
class Mount:
    """What is mounted where a directory is.

    Args:
        point: where.
        kind: of the file system, as the system calls it.
        options: of the mount and the file system.
    """

    point: str
    kind: str
    options: frozenset[str] = frozenset()

    @property
    def is_network(self) -> bool:
        """Whether other machines may have it too."""
        family, _, name = self.kind.partition(".")
        return self.kind in _NETWORK or (family in ("fuse", "macfuse") and name in _NETWORK_FUSE)

    @property
    def locks_stay_here(self) -> bool:
        """Whether another machine does not see this one's locks."""
        return self.is_network and bool(self.options & LOCKS_STAY_HERE)


def mount_of(directory: Path, mounts: list[Mount] | None = None) -> Mount | None:
    """What is mounted where a directory is, or would be made; None where it is not known.

    Args:
        directory: absolute.
        mounts: all there are; asked of the system by default.
    """
    target = directory.resolve()
    found = None
    for mount in _mounts() if mounts is None else mounts:
        # Later mounts hide earlier ones at the same point.
        if target.is_relative_to(mount.point) and (
            found is None or len(Path(mount.point).parts) >= len(Path(found.point).parts)
        ):
            found = mount
    return found


def _mounts() -> list[Mount]:
    if _MOUNTINFO.exists():
        return read_mountinfo(_MOUNTINFO.read_text(encoding="utf-8", errors="replace"))
    if sys.platform == "darwin":
        import subprocess

        done = subprocess.run(
            ["/sbin/mount"], capture_output=True, text=True, errors="replace", check=False
        )
        return read_mount_output(done.stdout)
    return []


def read_mountinfo(text: str) -> list[Mount]:
    """Linux's ``/proc/self/mountinfo`` (proc_pid_mountinfo(5))."""
    found = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if len(fields) < 6 or len(rest) < 3:
            continue
        point = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        options = frozenset(fields[5].split(",")) | frozenset(rest[2].split(","))
        found.append(Mount(point, rest[0], options))
    return found


def read_mount_output(text: str) -> list[Mount]:
    """What macOS' ``mount`` prints: ``host:/x on /Volumes/x (nfs, nodev, nosuid)``."""
    found = []
    for line in text.splitlines():
        place, opened, words = line.rpartition(" (")
        point = place.partition(" on ")[2]
        if opened and point:
            kind, *options = words.removesuffix(")").split(", ")
            found.append(Mount(point, kind, frozenset(options)))
    return found


def is_network(directory: Path) -> bool:
    """Whether a store there must work as on a network file system.

    Raises:
        UsageError: the setting is none of ``auto``, ``yes`` and ``no``.
    """
    setting = os.environ.get(NETWORK_ENV) or load_config().network_file_system
    if setting not in ("auto", "yes", "no"):
        raise UsageError(f"{NETWORK_ENV} is 'auto', 'yes' or 'no', not {setting!r}")
    if setting == "auto":
        mount = mount_of(directory)
        return mount is not None and mount.is_network
    return setting == "yes"


def local_journals(store: Path) -> Path:
    """Where this machine keeps a store's journals, when the store is on a network.

    It outlives a restart of the machine, belongs to the user alone, and is the same one for
    every process of the user on the machine.

    Raises:
        StoreError: there is no such place.
    """
    import tempfile

    named = os.environ.get(JOURNALS_ENV)
    key = sha256(str(store.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]
    for base in [Path(named)] if named else [Path("/var/tmp"), Path(tempfile.gettempdir())]:
        mine = base / f"nbtrack-{os.getuid()}"
        mount = mount_of(base)
        if base.is_dir() and _is_ours(mine) and not (mount is not None and mount.is_network):
            return mine / f"journals-{key}"
    raise StoreError(
        f"the store {store} is on a network file system, and there is no local disk for the "
        f"journals of this machine. Name a directory on one by {JOURNALS_ENV}"
    )


def _is_ours(directory: Path) -> bool:
    # Everybody may write to where it is: a directory that another user put there is not taken.
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return os.access(directory.parent, os.W_OK)
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return private and found.st_uid == os.getuid()
