"""Each module can be imported first. Which way imports look is checked by import-linter (`nox -s lint`)."""

import subprocess
import sys

import pytest

from architecture.package import NAME, modules

ALONE = """
import importlib, sys, traceback
name, failed = sys.argv[1], False
for module in sys.argv[2:]:
    for known in [known for known in sys.modules if known.partition(".")[0] == name]:
        del sys.modules[known]
    try:
        importlib.import_module(module)
    except Exception:
        failed = True
        traceback.print_exc()
sys.exit(failed)
"""


@pytest.mark.thorough
def test_each_module_can_be_imported_first() -> None:
    """Other libraries stay imported from one to the next: only the package's own circles are looked for."""
    names = [f"{NAME}.{module}".rstrip(".") for module in modules() if not module.endswith("__main__")]
    command = [sys.executable, "-P", "-c", ALONE, NAME, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
