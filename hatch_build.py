"""Hatchling hook: include the assets of /docs in every wheel and sdist."""

from pathlib import Path
from runpy import run_path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DocsAssets(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the assets to the package before its files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Keep the files that `make` created, or copy those of the build requirement."""
        run_path(str(Path(self.root) / "docs_assets.py"))["fill_from_installed"]()
