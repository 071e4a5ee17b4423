"""Reading files that others may have put there: no pipe or device, and no more than was asked."""

import errno
import os
import stat
from pathlib import Path
from typing import Final

_EFFECTIVE: Final = os.access in os.supports_effective_ids


def read_regular_file(path: Path, most: int) -> bytes:
    """
    Return the bytes of the file at *path*; of one with more than *most* bytes, one more than that.

    Raises `OSError` if it cannot be read, or is not a regular file: a pipe would be waited for, and
    a device may have no end.
    """
    # A pipe that nobody writes to opens at once only without blocking.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most + 1)
    finally:
        os.close(descriptor)


def why_unreadable(path: Path, error: OSError) -> str:
    """Return why *path* could not be read; for a lack of rights, its mode, owner and this user."""
    match error:
        case PermissionError():
            return f"permission denied for user {os.geteuid()}: {_locked(path)}"
        case FileNotFoundError() | NotADirectoryError():
            return "no such file"
        case IsADirectoryError():
            return "it is a folder, not a file"
    return (error.strerror or str(error)).lower()


def _locked(path: Path) -> str:
    """Describe the first part of *path* whose mode can keep this process from reading it."""
    folders = [*reversed(path.absolute().parents)]
    closed = (one for one in folders if not _may(one, os.X_OK))
    locked = next(closed, path)
    try:
        status = locked.stat()
    except OSError:
        return str(locked)
    what = f"the folder {locked}" if locked != path else "it"
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    return f"{what} has the mode {mode} and belongs to user {status.st_uid}"


def _may(path: Path, wanted: int) -> bool:
    return os.access(path, wanted, effective_ids=_EFFECTIVE)


def check_regular(path: Path) -> None:
    """
    Raise `OSError` unless this process may read the file at *path*, and it is a regular one.

    It is not opened. A process that closes a file loses its locks on it, also those of SQLite,
    which other processes would then take for an unused file, and remove its log.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if not _may(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
