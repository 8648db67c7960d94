"""Let the opening tests use the made city of the masking tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "masking"))
