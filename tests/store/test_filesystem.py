"""Telling a network's file system from a local disk, and finding a place for journals."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbtrack.errors import StoreError, UsageError
from nbtrack.store.filesystem import (
    JOURNALS_ENV,
    NETWORK_ENV,
    is_network,
    local_journals,
    mount_of,
    read_mount_output,
    read_mountinfo,
)

MOUNTINFO = r"""
22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
97 22 0:50 / /home rw,relatime shared:52 - nfs4 files:/home rw,vers=4.2,proto=tcp
98 97 259:3 / /home/local rw,relatime - xfs /dev/sdb1 rw
99 22 0:51 / /mnt/my\040share rw - cifs //files/share rw,nobrl,vers=3.1.1
101 22 0:53 / /mnt/old rw - nfs files:/old rw,vers=3,nolock,local_lock=none
102 22 0:54 / /mnt/ssh rw,nosuid - fuse.sshfs ada@host:/ rw,user_id=1000
103 22 0:55 / /mnt/usb rw - fuseblk /dev/sdc1 rw
104 22 0:56 / /mnt/enc rw - fuse.gocryptfs /x rw
105 22 0:57 / /lustre rw,relatime - lustre mgs@o2ib:/scratch rw,flock
106 22 0:58 / /afs rw,relatime - afs AFS rw
107 22 0:59 / /gpfs rw - gpfs fs1 rw
108 22 0:60 / /mnt/over rw - nfs4 files:/x rw
109 22 8:17 / /mnt/over rw - ext4 /dev/sdd1 rw
this line is not understood
"""
PLACES = {
    "/var/lib": ("ext4", False),
    "/home/ada/.local/share/nbtrack": ("nfs4", True),
    "/home/local/ada": ("xfs", False),
    "/homes": ("ext4", False),
    "/mnt/my share/store": ("cifs", True),
    "/mnt/old/x": ("nfs", True),
    "/mnt/ssh/x": ("fuse.sshfs", True),
    "/mnt/usb/x": ("fuseblk", False),
    "/mnt/enc/x": ("fuse.gocryptfs", False),
    "/lustre/x": ("lustre", True),
    "/afs/x": ("afs", True),
    "/gpfs/x": ("gpfs", True),
    "/mnt/over/x": ("ext4", False),
}
MOUNT_OUTPUT = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse, protect)
files:/home on /Volumes/My Home (v2) (nfs, nodev, nosuid, mounted by ada)
//ada@files/share on /Volumes/share (smbfs, nodev, nosuid, mounted by ada)
"""


@pytest.mark.parametrize("place", PLACES)
def test_linux_tells_what_is_mounted_where(place: str) -> None:
    """The innermost mount counts, and of two at one point the later one."""
    mount = mount_of(Path(place), read_mountinfo(MOUNTINFO))
    assert mount is not None
    assert (mount.kind, mount.is_network) == PLACES[place]


def test_locks_that_stay_on_one_machine_are_seen() -> None:
    """By the options of the mount."""
    mounts = read_mountinfo(MOUNTINFO)
    found = {mount.point for mount in mounts if mount.locks_stay_here}
    assert found == {"/mnt/my share", "/mnt/old"}


def test_macos_tells_it_too() -> None:
    """Its mount command says it in other words."""
    mounts = read_mount_output(MOUNT_OUTPUT)
    for place, kind, network in (
        ("/Users/ada", "apfs", False),
        ("/Volumes/My Home (v2)/x", "nfs", True),
        ("/Volumes/share", "smbfs", True),
    ):
        mount = mount_of(Path(place), mounts)
        assert mount is not None
        assert (mount.kind, mount.is_network) == (kind, network)


def test_the_setting_wins_over_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For what this module cannot tell; anything else is a clear error."""
    monkeypatch.delenv(NETWORK_ENV, raising=False)
    assert is_network(tmp_path) is False
    for setting, found in {"yes": True, "no": False, "auto": False}.items():
        monkeypatch.setenv(NETWORK_ENV, setting)
        assert is_network(tmp_path) is found
    monkeypatch.setenv(NETWORK_ENV, "perhaps")
    with pytest.raises(UsageError, match="perhaps"):
        is_network(tmp_path)


def test_journals_are_on_this_machine_by_store_and_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place for a store, however it is named; another one for another store."""
    monkeypatch.delenv(JOURNALS_ENV, raising=False)
    (tmp_path / "store").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "store")
    place = local_journals(tmp_path / "store")
    assert place == local_journals(tmp_path / "link")
    assert place != local_journals(tmp_path / "other")
    assert place.parent.name == f"nbtrack-{os.getuid()}"
    assert not place.exists()


def test_a_place_that_others_can_write_to_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody could put journals there for us to take over, or a link to somewhere else."""
    monkeypatch.setenv(JOURNALS_ENV, str(tmp_path))
    mine = tmp_path / f"nbtrack-{os.getuid()}"
    assert local_journals(tmp_path / "store").parent == mine
    mine.mkdir(mode=0o777)
    mine.chmod(0o777)
    with pytest.raises(StoreError, match=JOURNALS_ENV):
        local_journals(tmp_path / "store")
    mine.rmdir()
    mine.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=JOURNALS_ENV):
        local_journals(tmp_path / "store")
    mine.unlink()
    mine.mkdir(mode=0o700)
    assert local_journals(tmp_path / "store").parent == mine
