"""Lets a process run as on a machine without torchvision; to be put first in PYTHONPATH.

lpips brings torchvision, and PyPI's is built for another torch than the CPU's own: importing it
fails (`operator torchvision::nms does not exist`). Lightning does without, but tries where it is.
"""

import sys
from importlib import metadata

sys.modules["torchvision"] = None
version_of = metadata.version


def version(name):
    if name == "torchvision":
        raise metadata.PackageNotFoundError(name)
    return version_of(name)


metadata.version = version
