"""Damaged and hostile inputs, and what is allowed to come of them.

`make fuzz` tries thousands of each kind; the suite tries a small fixed sample.
"""

import io
import json
import os
import signal
import struct
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image

from tuner.errors import TunerError

INPUTS = int(os.environ.get("FUZZ_INPUTS", "0"))
LONGEST = 10
"""Seconds of computing that any input may take in the long run."""

tried = settings(
    max_examples=INPUTS or 12,
    derandomize=not INPUTS,
    database=None,
    suppress_health_check=list(HealthCheck),
)

ODD = st.sampled_from([
    b"", b"\0", b"\n", b"\r", b"\xff\xfe", b"{", b"[" * 3000, b'"', b": ", b"- ", b"nan", b".inf",
    b"1e999", b"-1", b"9" * 5000, b"null", b"!!python/object:os.system ", b"&a *a", b"<<: *a",
    "\u202e\u2028\u0301".encode(), b"\xed\xa0\x80", b"../../", b"%s{0}{x", b"1e154", b"0x10",
    b"=1+1", b"\\ud800", b"{steps}", b"{{", b"1_000", b"~", b"2**63", b"18446744073709551616",
])  # fmt: skip


@st.composite
def damaged(draw, *contents, most=4):
    """One of some contents, with a few pieces cut out, doubled, exchanged or replaced."""
    content = draw(st.sampled_from(contents))
    for _ in range(draw(st.integers(1, most))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 60)))
        piece = draw(st.one_of(st.just(content[start:end] * 2), ODD, st.binary(max_size=8)))
        content = content[:start] + piece + content[end:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


def too_long(_number, _frame):
    """The signal handler; no `OSError`, which readers of files would take for one of theirs."""
    pytest.fail("took too long")


VALUES = st.sampled_from([
    None, True, 0, -1, 2**63, 10**400, 0.0, 1e-320, 1e154, 1e308, "", "NaN", "-Infinity", "a\nb",
    "</script>", "=1", [], {}, [[]], {"a": 1}, "\ud800",
])  # fmt: skip


@st.composite
def altered(draw, *lines):
    """One of some JSON objects, with a value somewhere in it exchanged or left out."""
    whole = json.loads(draw(st.sampled_from(lines)))
    part, keys = whole, list(whole)
    while keys:
        key = draw(st.sampled_from(keys))
        inner = part[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
            part, keys = inner, list(inner) if isinstance(inner, dict) else list(range(len(inner)))
            continue
        if isinstance(part, dict) and not draw(st.integers(0, 4)):
            del part[key]
        else:
            part[key] = draw(VALUES)
        break
    return json.dumps(whole).encode()


@contextmanager
def sentence_or_result():
    """Lets through what works, and refusals that are one readable text; nothing else."""
    if INPUTS:
        signal.signal(signal.SIGPROF, too_long)
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
    sentence = "it worked"
    try:
        yield
    except TunerError as error:
        sentence = str(error)
    finally:
        if INPUTS:
            signal.setitimer(signal.ITIMER_PROF, 0)
    assert sentence.strip()
    assert len(sentence) < 20_000


def picture(form, side=48, mode="RGB"):
    """The bytes of a small picture."""
    written = io.BytesIO()
    Image.effect_noise((side, side), 60).convert(mode).save(written, form)
    return written.getvalue()


def lying_png(width, height):
    """A picture whose header tells of other sizes than it has."""
    content = bytearray(picture("PNG"))
    content[16:24] = struct.pack(">II", width, height)
    return bytes(content)


PICTURES = [
    picture("PNG"), picture("PNG", mode="RGBA"), picture("PNG", mode="I;16"),
    picture("JPEG"), picture("JPEG", mode="CMYK"), picture("TIFF"), picture("TIFF", mode="F"),
    picture("WEBP"), picture("BMP"), picture("PNG", side=1),
    lying_png(30_000, 30_000), lying_png(2**31 - 1, 1), lying_png(0, 0), lying_png(49, 47),
]  # fmt: skip
