"""Shows a run on a terminal: lines scroll, and the live area stays below them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from tuner.display.frame import ASCII, FINE, draw
from tuner.display.progress_view import ProgressView
from tuner.display.sentences import StatusLine
from tuner.display.wrapping import fit, print_line

SHORTEST_WAIT = 0.25
"""The shortest time in seconds between two drawings of the live area for events."""


class LiveView:
    """A live area with bars, below lines that scroll.

    A terminal that is closed must not end the training: from then on the view writes nothing.
    """

    def __init__(
        self, console: Console, progress: ProgressView, clock: Callable[[], float]
    ) -> None:
        self._console = console
        self._clock = clock
        self._frame = _Frame(progress, clock)
        self._live: Live | None = None
        self._drawn = clock()
        self._lock = RLock()

    def open(self) -> None:
        """Draws the live area; also once more after it was closed."""
        with self._while_terminal_lasts():
            self._live = self._area()
            self._live.start(refresh=True)

    def _area(self) -> Live:
        """A new live area: one that was closed would erase as many rows as it drew at last."""
        ours = self._console.file is sys.stdout
        return Live(
            self._frame,
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=ours,
            redirect_stderr=ours and sys.stderr.isatty(),
        )

    def close(self) -> None:
        """Removes the live area; the lines above it stay."""
        with self._while_terminal_lasts():
            live, self._live = self._live, None
            if live is not None:
                self._make_up_for_narrowing()
                live.stop()
                self._frame.cells = ()

    def show(self, progress: ProgressView, lines: Sequence[StatusLine], now: float) -> None:
        """Prints lines above the live area, and draws it again unless that was done just before."""
        said = [line for line in lines if line.tone != "begun"]
        with self._while_terminal_lasts():
            self._frame.progress = progress
            self._say(said)
            if not said and now - self._drawn >= SHORTEST_WAIT:
                self._draw(now)

    def note(self, text: str, _now: float) -> None:
        """Prints a sentence above the live area."""
        with self._while_terminal_lasts():
            self._say([StatusLine(text)])

    def end(self, lines: Sequence[StatusLine]) -> None:
        """Prints the closing lines where the live area was."""
        with self._while_terminal_lasts():
            self._console.print()
            for line in lines:
                print_line(self._console, line)

    def _say(self, lines: Sequence[StatusLine]) -> None:
        if not lines:
            return
        self._make_up_for_narrowing()
        texts = [fit(line, self._console) for line in lines]
        self._console.print(*texts, sep="\n", soft_wrap=True)

    def _draw(self, now: float) -> None:
        if self._live is None:
            return
        self._drawn = now
        self._make_up_for_narrowing()
        self._live.refresh()

    def _make_up_for_narrowing(self) -> None:
        """Erases the rows that appear when the window gets narrower and the terminal wraps lines.

        Rich erases only as many rows as it has drawn.
        """
        width = self._console.width
        broken = sum(max(0, (cells - 1) // width) for cells in self._frame.cells)
        if width < self._frame.width and broken:
            up = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)) * broken
            self._console.control(Control(ControlType.CARRIAGE_RETURN, *up))

    @contextmanager
    def _while_terminal_lasts(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except OSError:
                self._console.quiet = True


class _Frame:
    """The live area as a renderable of rich; it reads frozen progress only, so it needs no lock.

    Attributes:
        width: Width of the terminal at the last drawing.
        cells: Width of each line of the last drawing.
    """

    def __init__(self, progress: ProgressView, clock: Callable[[], float]) -> None:
        self.progress = progress
        self.width = 0
        self.cells: tuple[int, ...] = ()
        self._clock = clock

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        signs = ASCII if options.ascii_only else FINE
        # The last column stays free: some terminals wrap a line that fills it.
        width, height = max(1, options.max_width - 1), options.size.height
        now = self._clock()
        lines = draw(self.progress, now, width, height, signs=signs)
        self.width = options.max_width
        self.cells = tuple(line.cell_len for line in lines)
        yield Text("\n").join(lines)
