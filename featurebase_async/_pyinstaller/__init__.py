"""What PyInstaller must know: it finds this by the entry point `pyinstaller40` wherever the library is installed."""

from __future__ import annotations

__all__ = ["hook_folders"]


def hook_folders() -> list[str]:
    """Return the folders in which PyInstaller finds hooks."""
    return list(__path__)
