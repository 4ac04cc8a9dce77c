"""A disk that is full."""

import resource
from contextlib import contextmanager


@contextmanager
def disk_of(size):
    """Lets files grow to some bytes and no further, that of a database included."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
