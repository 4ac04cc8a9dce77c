"""Classes as users write them lie beside the tests of what is done with them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
