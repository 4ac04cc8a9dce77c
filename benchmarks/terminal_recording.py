"""Records what a command shows in a terminal, as a GIF that plays faster than life.

    python benchmarks/terminal_recording.py --into FILE.gif tuner run --study sepia-fix --quick

The command runs in a terminal of its own, so that it draws what a person would see. pyte keeps the
screen, which is drawn every `--every` seconds and shown for a moment. Equal screens are one frame,
and the last one stays for five seconds.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pyte
from PIL import Image, ImageDraw, ImageFont

FONT = Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSansMono.ttf"
SIZE = 13
MARGIN = 10
FRAME_MS, LAST_MS = 150, 5000
SHADES = 16
BACKGROUND, TEXT = "#15181d", "#d7dae0"
COLORS = {
    "default": TEXT, "black": "#5c6370", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b",
    "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": TEXT,
}  # fmt: skip


def main() -> None:
    """Runs the command, draws its screens and writes the file."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--into", type=Path, required=True)
    options.add_argument("--every", type=float, default=4, help="seconds between two frames")
    options.add_argument("--columns", type=int, default=80)
    options.add_argument("--lines", type=int, default=28)
    options.add_argument("command", nargs=argparse.REMAINDER)
    asked = options.parse_args()
    screen = pyte.Screen(asked.columns, asked.lines)
    pictures = list(drawn(screens(asked.command, screen, asked.every)))
    shades = pictures[-1].quantize(SHADES)  # the same for all, so that only what changes is kept
    frames = [one.quantize(palette=shades, dither=Image.Dither.NONE) for one in pictures]
    lasting = [FRAME_MS] * (len(frames) - 1) + [LAST_MS]
    first, *others = frames
    first.save(asked.into, save_all=True, append_images=others, duration=lasting, optimize=True)
    print(f"{len(frames)} frames, {asked.into.stat().st_size / 1e6:.2f} MB")


def screens(command: list[str], screen: Any, every: float) -> Iterator[Any]:
    """The screen each time that it is to be drawn, and once more when the command has ended."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)  # noqa: S606  # the command that was asked for
    size = struct.pack("HHHH", screen.lines, screen.columns, 0, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    stream = pyte.ByteStream(screen)
    due = time.monotonic()
    while (said := _said(terminal, max(0.0, due - time.monotonic()))) != b"":
        if said is not None:
            stream.feed(said)
        if time.monotonic() >= due:
            due += every
            yield screen
    os.waitpid(child, 0)
    yield screen


def _said(terminal: int, wait: float) -> bytes | None:
    """What was written, None where nothing came in time, nothing where the command has ended."""
    if not select.select([terminal], [], [], wait)[0]:
        return None
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


def drawn(screens: Iterator[Any]) -> Iterator[Image.Image]:
    """A picture of each screen that differs from the one before."""
    font = ImageFont.truetype(FONT, SIZE)
    wide, high = font.getlength("M"), SIZE + 4
    before: list[str] | None = None
    for screen in screens:
        shown = list(screen.display)
        if shown == before or not any(line.strip() for line in shown):
            continue
        before = shown
        size = (int(screen.columns * wide) + 2 * MARGIN, screen.lines * high + 2 * MARGIN)
        picture = Image.new("RGB", size, BACKGROUND)
        pen = ImageDraw.Draw(picture)
        for row, cells in screen.buffer.items():
            for column, cell in cells.items():
                if cell.data.strip():
                    place = (MARGIN + column * wide, MARGIN + row * high)
                    pen.text(place, cell.data, font=font, fill=_color(cell.fg))
        yield picture


def _color(name: str) -> str:
    bright = name.removeprefix("bright")
    return COLORS.get(bright, f"#{name}" if len(name) == 6 else TEXT)


if __name__ == "__main__":
    main()
