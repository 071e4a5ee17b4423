"""Hatchling's hook: the assets of /docs are in every wheel and sdist."""

from pathlib import Path
from runpy import run_path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DocsAssets(BuildHookInterface):  # type: ignore[type-arg]
    """Fill the package before its files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the files that make has put there, or those of the build requirement."""
        run_path(str(Path(self.root) / "docs_assets.py"))["fill_from_installed"]()
