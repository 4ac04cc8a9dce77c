"""A script as it is called today: which of its words are values, and of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tuner.external.proposal.options import options_of, switches_of
from tuner.external.proposal.script_text import ScriptText


@dataclass(frozen=True)
class Call:
    """A script, and the words that follow it on the command line today."""

    script: ScriptText
    words: tuple[str, ...]

    @cached_property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Each word, and the option or positional argument whose value it is; '' for none."""
        return tuple(self._values())

    @property
    def given(self) -> dict[str, str]:
        """Values of options and positional arguments by name."""
        said = {name: word for word, name in self.values if name}
        joined = [word.partition("=") for word in self.words if word.startswith("--")]
        return said | {flag: value for flag, equals, value in joined if equals}

    def _values(self) -> Iterator[tuple[str, str]]:
        modules = self.script.modules
        options = [option for module in modules for option in options_of(module)]
        valued = {flag for option in options for flag in option.flags if not option.positional}
        switches = {flag for module in modules for flag in switches_of(module)}
        positional = iter(option.flag for option in options if option.positional)
        before = ""
        for word in self.words:
            flag = word.startswith("-")
            # An option that the text does not explain is taken for one with a value.
            takes = before.startswith("-") and "=" not in before and before not in switches
            if before in valued or (takes and not flag):
                yield word, before
                before = ""
            else:
                yield word, "" if flag else next(positional, "")
                before = word
