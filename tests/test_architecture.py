"""Imports point one way, and nothing below the runtime knows of a window."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_the_runtime_uses_qtcore_and_no_other_part_of_qt() -> None:
    imported = {
        node.module
        for file in (ROOT / "backprop_gui" / "runtime").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert {module for module in imported if module.startswith("PySide6")} == {"PySide6.QtCore"}


def test_training_from_the_command_line_imports_no_qt() -> None:
    code = (
        "import sys; from backprop_gui.cli import main; "
        "assert main(['train', 'xor', '--epochs', '2', '--quiet']) == 0; "
        "print(sorted(name for name in sys.modules if name.startswith(('PySide6', 'pyqtgraph', 'shiboken6'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
