"""Packs the base of the image from this host, for machines that reach no registry.

What a writer needs is here already, since the harness runs: the interpreter, its standard library,
the packages, a shell, servers, and the shared libraries they all link to. The layout inside is that of the
official Python image (/usr/local), wherever they lie on this host (virtual environment, pyenv, Debian).
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from harness.engines.docker import layout, libraries
from harness.engines.docker.installed import LEFT_OUT_DIRECTORIES, LEFT_OUT_SUFFIXES, distribution_files
from harness.engines.docker.recipe import Program, Recipe
from harness.engines.docker.tree import Tree

TOOLS = ("bash", "sh", "sleep", "cat", "ls", "mkdir", "mv", "cp", "rm", "chown")
LEFT_OUT_MODULES = ("_test", "xx", "_xx", "_ctypes_test", "_tkinter", "nis.", "turtle.py", "sitecustomize")
COMPANIONS = ("libgcc_s.so.1", "libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
"""Loaded by name at run time, so that ldd does not show them: thread exit, host names."""


def pack(recipe: Recipe, sink: IO[bytes]) -> int:
    """Write the base as a tar stream; returns the bytes of the files in it."""
    with Tree(sink) as tree:
        _skeleton(tree)
        binaries = [*_interpreter(tree), *packages(tree, recipe.distributions)]
        binaries += [*_tools(tree), *programs(tree, recipe.programs)]
        _libraries(tree, binaries)
        return tree.bytes


def _skeleton(tree: Tree) -> None:
    tree.directory("/tmp", 0o1777)
    tree.directory("/etc")
    tree.directory("/proc")
    tree.directory("/sys")
    tree.directory("/dev")
    user = layout.USER_ID
    tree.content("/etc/passwd", f"root:x:0:0::/:/bin/sh\nharness:x:{user}:{user}::/tmp:/bin/sh\n".encode())
    tree.content("/etc/group", f"root:x:0:\nharness:x:{user}:\n".encode())
    tree.content("/etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n")
    tree.directory(layout.DATA, owner=user)
    for name in layout.MOUNT_POINTS:
        tree.directory(f"{layout.DATA}/{name}", owner=user)
    tree.directory(layout.JOURNALS, owner=user)


def _interpreter(tree: Tree) -> Iterator[Path]:
    """The interpreter and its standard library. Yields the files that link to libraries."""
    program = Path(os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable))
    tree.file(layout.PYTHON, program)
    tree.link(f"{layout.PYTHON}3", "python")
    yield program
    library = f"/usr/local/{sys.platlibdir}/python{sys.version_info[0]}.{sys.version_info[1]}"
    for paths in dict.fromkeys(sysconfig.get_path(key, vars=_base()) for key in ("stdlib", "platstdlib")):
        yield from _folder(tree, library, Path(paths))


def _base() -> dict[str, str]:
    """The base installation's prefixes: a virtual environment's own hold no standard library."""
    prefix, platform_prefix = sys.base_prefix, sys.base_exec_prefix
    return {
        "base": prefix,
        "platbase": platform_prefix,
        "installed_base": prefix,
        "installed_platbase": platform_prefix,
    }


def _folder(tree: Tree, target: str, source: Path) -> Iterator[Path]:
    """A directory of Python files. Yields its extension modules and shared libraries."""
    for folder, directories, files in os.walk(source, followlinks=True):
        directories[:] = sorted(
            name for name in directories if name not in LEFT_OUT_DIRECTORIES and not name.startswith("config-")
        )
        inside = os.path.relpath(folder, source)
        below = target if inside == "." else f"{target}/{inside}"
        for name in sorted(files):
            if not name.startswith(LEFT_OUT_MODULES) and not name.endswith(LEFT_OUT_SUFFIXES):
                yield from file(tree, f"{below}/{name}", Path(folder, name))


def file(tree: Tree, target: str, source: Path) -> Iterator[Path]:
    """One file of Python's: a module with its byte code. Yields it where it links to libraries."""
    if not source.is_file():
        return
    if source.suffix == ".py":
        tree.module(target, source)
        return
    tree.file(target, source)
    if ".so" in source.suffixes:
        yield source


def packages(tree: Tree, distributions: Iterable[tuple[str, str]]) -> Iterator[Path]:
    """Installed distributions, in one directory. Yields the files that link to libraries."""
    for name, _ in distributions:
        for inside, source in distribution_files(name):
            yield from file(tree, f"{layout.PACKAGES}/{inside}", source)


def programs(tree: Tree, wanted: Iterable[Program]) -> Iterator[Path]:
    """Servers. Yields the files that link to libraries.

    What a server needs beside itself it finds by where it lies, so then all of it lies where it does on this host.
    """
    for program in wanted:
        if not program.files:
            tree.file(f"{layout.PROGRAMS}/{program.name}", Path(program.path))
            yield Path(program.path)
            continue
        for path in map(Path, (program.path, *program.files)):
            yield from _in_place(tree, path)
        tree.link(f"{layout.PROGRAMS}/{program.name}", program.path)


def _in_place(tree: Tree, path: Path) -> Iterator[Path]:
    """A file, linked from PROGRAMS where it is a program, or a whole folder."""
    if path.is_dir():
        for inside in sorted(file for file in path.rglob("*") if file.is_file()):
            tree.file(str(inside), inside)
        return
    tree.file(str(path), path)
    if os.access(path, os.X_OK) or ".so" in path.suffixes:
        yield path
    if os.access(path, os.X_OK):
        tree.link(f"{layout.PROGRAMS}/{path.name}", str(path))


def _tools(tree: Tree) -> Iterator[Path]:
    for name in TOOLS:
        if path := shutil.which(name, path="/bin:/usr/bin"):
            source = Path(os.path.realpath(path))
            tree.file(f"/bin/{name}", source)
            yield source


def _libraries(tree: Tree, binaries: Iterable[Path]) -> None:
    """Libraries go to one directory, named by LD_LIBRARY_PATH; the loader where programs ask for it.

    A package's own libraries are found beside it, through the run path in its extension modules.
    """
    needed = libraries.linked(binaries)
    system = needed.found.get("libc.so.6")
    if system:
        near = [Path(system).parent / name for name in COMPANIONS]
        for path in near:
            if path.is_file():
                needed.found.setdefault(path.name, str(path))
    for name, found in sorted(needed.found.items()):
        if "site-packages" not in found and "dist-packages" not in found:
            tree.file(f"{layout.LIBRARIES}/{name}", Path(found))
    for loader in sorted(needed.loaders):
        tree.file(loader, Path(loader))
