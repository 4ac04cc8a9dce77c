"""Whether a script saves pictures, and how it calls them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tuner.data.discovery import SUFFIXES
from tuner.external.syntax import called_name

WRITERS = ("imwrite", "imsave", "save_image", "write_png", "write_jpeg")
COUNTS = ("step", "iter", "iteration", "current", "current_iter", "total_iter", "steps")
LIKE_A_PICTURE = ("Image", "image", "img", "picture", "fromarray", "pil", "result")


def saves_pictures(module: ast.Module) -> bool:
    """Whether any call writes a picture."""
    return any(_writes(node) for node in ast.walk(module) if isinstance(node, ast.Call))


def name_pattern(module: ast.Module) -> str:
    """The names of its pictures, such as `*_fake_B.png`; empty where the text tells none."""
    names = [name for node in ast.walk(module) for name in _names(node)]
    return names[-1] if names else ""


def _writes(call: ast.Call) -> bool:
    called = called_name(call)
    if called in WRITERS:
        return True
    if called != "save" or not isinstance(call.func, ast.Attribute):
        return False
    receiver = ast.unparse(call.func.value)
    return any(word in receiver for word in LIKE_A_PICTURE) or any(
        name for argument in call.args for node in ast.walk(argument) for name in _names(node)
    )


def _names(node: ast.AST) -> Iterator[str]:
    """The end of an f-string that is called as a picture, `*` for the name of a photo.

    Where its last part has no other value than the steps, the folder has the photo's name.
    """
    if not isinstance(node, ast.JoinedStr):
        return
    text = "".join(_field(part) for part in node.values)
    folder, _, last = text.rpartition("/")
    if not last.lower().endswith(SUFFIXES):
        return
    if last.count("*") == 1:
        yield last
    elif "*" not in last and (not folder or folder.endswith("*")):
        yield f"*/{last}"


def _field(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    value = getattr(part, "value", None)
    return "{steps}" if getattr(value, "id", getattr(value, "attr", "")) in COUNTS else "*"
