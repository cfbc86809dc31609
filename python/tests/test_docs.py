"""Every public name says what it is, and the stubs, which editors show, say the same."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import caltrop

MODULES = sorted(f"caltrop.{found.name}" for found in pkgutil.iter_modules(caltrop.__path__))


def named(module: types.ModuleType) -> Iterator[tuple[str, object]]:
    """The module, what it exports, and the public members of exported classes."""
    yield module.__name__, module
    for name in getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]):
        thing = getattr(module, name)
        at = f"{module.__name__}.{name}"
        # A name that a whole type or text is given has no doc of its own: `fastapi.Caller`, `__version__`.
        if inspect.isclass(thing) or inspect.isroutine(thing):
            yield at, thing
        if inspect.isclass(thing):
            yield from ((f"{at}.{member}", own) for member, own in vars(thing).items() if not member.startswith("_"))


def undocumented(module: types.ModuleType) -> list[str]:
    return [name for name, thing in named(module) if not (thing.__doc__ or "").strip()]


@pytest.mark.parametrize("module", ["caltrop", *MODULES])
def test_every_public_name_says_what_it_is(module: str) -> None:
    assert undocumented(importlib.import_module(module)) == []


def test_the_walk_sees_what_there_is() -> None:
    assert {"caltrop._caltrop", "caltrop.asgi", "caltrop.fastapi", "caltrop.key", "caltrop.rate"} <= set(MODULES)
    seen = dict(named(caltrop._caltrop))
    expected = {"Limiter", "Limiter.take", "Taken.fields", "Keyring.open", "Entry.principal", "InvalidKey", "generate", "Now.wall_s"}
    assert {f"caltrop._caltrop.{name}" for name in expected} <= set(seen) and len(seen) >= 80


def test_planted_names_without_a_word_are_noticed() -> None:
    planted = types.ModuleType("planted", "A module.")
    source = """
class Mute:
    def method(self): ...
    @staticmethod
    def static(): ...
    @property
    def attribute(self): ...
    def told(self): "Told."
    def _private(self): ...
class Told:
    "Told."
    def method(self): " "
def function(): ...
"""
    exec(source, vars(planted))
    mute = ["planted.Mute", "planted.Mute.method", "planted.Mute.static", "planted.Mute.attribute", "planted.Told.method", "planted.function"]
    assert undocumented(planted) == mute
    assert undocumented(types.ModuleType("mute")) == ["mute"]


STUBS = Path(caltrop.__file__).with_name("_caltrop.pyi")


def told(body: list[ast.stmt], at: str = "") -> Iterator[tuple[str, str | None]]:
    """What stubs say of each public class, function and member."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield at + node.name, ast.get_docstring(node)
            if isinstance(node, ast.ClassDef):
                yield from told(node.body, f"{node.name}.")


def other(stubs: str, module: object) -> list[str]:
    """The names of which the stubs and the module say different things."""
    runtime = lambda name: inspect.getdoc(eval(name, dict(vars(module))))  # noqa: E731
    return [name for name, said in told(ast.parse(stubs).body) if said != runtime(name)]


def test_the_stubs_say_what_the_module_says() -> None:
    stubs = STUBS.read_text()
    assert other(stubs, caltrop._caltrop) == []
    assert len(list(told(ast.parse(stubs).body))) >= 80


def test_planted_stubs_that_say_something_else_are_noticed() -> None:
    stubs = STUBS.read_text()
    assert "The policy's name." in stubs and "What every exception of caltrop is." in stubs
    planted = stubs.replace("The policy's name.", "").replace("What every exception of caltrop is.", "An exception.")
    assert other(planted, caltrop._caltrop) == ["Error", "Guard.name"]
