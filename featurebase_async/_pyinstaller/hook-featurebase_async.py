"""What PyInstaller packs besides what it finds: modules that are named in strings, and the data of the sandbox.

The command line is left out, unless a program imports it: it needs an extra.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import featurebase_async

HOME = Path(featurebase_async.__path__[0])
LEFT_OUT = {"_pyinstaller", "cli", "pytest_plugin", "__main__"}


def module_name(path: Path) -> str:
    """Return the name of the module in a file."""
    parts = path.relative_to(HOME.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


hiddenimports = [
    *sorted(module_name(path) for path in HOME.rglob("*.py") if not LEFT_OUT & set(path.with_suffix("").parts)),
    *(name for name in ("jwt",) if find_spec(name) is not None),
]
datas = [(str(path), str(path.parent.relative_to(HOME.parent))) for path in HOME.rglob("*.json")]
datas += [(str(path), str(path.parent.relative_to(HOME.parent))) for path in HOME.rglob("*.csv")]
