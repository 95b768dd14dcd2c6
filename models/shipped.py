"""Where the bundles lie that come with this project."""

from pathlib import Path
from typing import Final

BUNDLES: Final = Path(__file__).parent / "bundles"

DEFAULT_BUNDLE: Final = BUNDLES / "upstander-minilm" / "2.0.0"
"""The bundle that is served and evaluated unless another is named."""
