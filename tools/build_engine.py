"""Builds the compiled training loop: by itself, and as a step of making or installing the package.

Where there is no C compiler nothing is built, and training goes by NumPy.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand
    BuildHookInterface = object  # type: ignore[assignment, misc]

FOLDER = Path(__file__).resolve().parents[1] / "backprop_gui" / "engine" / "compiled"
FLAGS = ["-std=gnu11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra"]
FLAGS += ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]  # never -ffast-math: NaN has to come through
LEVELS = ("x86-64-v4", "x86-64-v3", "plain") if platform.machine().lower() in ("x86_64", "amd64") else ("plain",)
ENDING = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


def build() -> list[Path]:
    """Build the library for every kind of processor it knows; return what was made."""
    names = (os.environ.get("CC", ""), "gcc", "cc", "clang")
    compiler = next((name for name in names if name and shutil.which(name)), None)
    if compiler is None:
        print("no C compiler: training will go by NumPy")
        return []
    sources = sorted(path for path in FOLDER.iterdir() if path.suffix in (".c", ".h"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    running: list[tuple[Path, Path, subprocess.Popen[bytes]]] = []
    for level in LEVELS:
        made = FOLDER / f"stretch-{level}{ENDING}"
        beside = made.with_name(f"{made.name}.{os.getpid()}")
        machine = [] if level == "plain" else [f"-march={level}"]
        line = [compiler, *FLAGS, *machine, f'-DSOURCE_DIGEST="{digest}"', "-o", str(beside), "stretch.c", "-lm"]
        running.append((made, beside, subprocess.Popen(line, cwd=FOLDER)))
    found: list[Path] = []
    for made, beside, process in running:
        if process.wait() == 0:
            beside.replace(made)  # whole or not at all: another program may have it open
            found.append(made)
    return found


class EngineHook(BuildHookInterface):
    """What hatchling calls."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and let a wheel with the library say for which system it is."""
        if build() and version == "standard":
            system = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data.update(pure_python=False, tag=f"py3-none-{system}")


if __name__ == "__main__":
    for path in build():
        print(path.name)
