"""Becomes a server that ends when its parent does, whatever ends that, and that is not root where it must not be.

A program of its own, as nothing but system calls is safe between fork and exec. Called by its path, with: the
parent's process id, the signal that is to end it, a user id or `-`, and the command.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
"""prctl(2), capabilities(7)"""


def main(parent: str, end_signal: str, user: str, *command: str) -> None:
    """Never returns. A change of user clears the signal, so that comes first."""
    libc = ctypes.CDLL(None, use_errno=True)
    if user != "-":
        _become(libc, int(user))
    libc.prctl(PR_SET_PDEATHSIG, int(end_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent has ended already")
    os.execvp(command[0], command)  # noqa: S606 - no shell is what is wanted


def _become(libc: ctypes.CDLL, user: int) -> None:
    """Another user, who may still pass through root's folders, on the way to its own."""
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    passing = 1 << CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(passing, passing, passing, 0, 0, 0)  # effective, permitted, inheritable; high words
    libc.capset(header, sets)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
