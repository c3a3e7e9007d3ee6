"""The rules with one guard deleted: every condition, limit and remembered field of shared.baton in turn."""

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from shared import baton

PACKAGE: Final = "shared.baton"
SOURCES: Final = {path.stem: path.read_text() for path in sorted(Path(baton.__file__).parent.glob("*.py"))}
_NEXT_LIMIT: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
}


class Guard(NamedTuple):
    """One guard: its module, its place in the tree, which of the ways to lose it, and that in words."""

    module: str
    place: int
    way: int
    words: str

    def __str__(self) -> str:
        return self.words


def guards() -> list[Guard]:
    """Every guard of the rules, in the order of the source."""
    found = []
    for module, source in SOURCES.items():
        tree = ast.parse(source)
        inside = _functions(tree)
        for place, node in enumerate(ast.walk(tree)):
            function = inside.get(node)
            if function is not None:
                for way, (words, _) in enumerate(_ways(node)):
                    found.append((function.lineno, Guard(module, place, way, f"{function.name} {words}")))
    return [guard for _, guard in sorted(found, key=lambda one: (one[1].module, one[0], one[1].place))]


def without(guard: Guard) -> Any:
    """The rules of shared.baton, but for one guard."""
    tree = ast.parse(SOURCES[guard.module])
    node = list(ast.walk(tree))[guard.place]
    replacement = list(_ways(node))[guard.way][1]

    class Lose(ast.NodeTransformer):
        def visit(self, one: ast.AST) -> ast.AST:
            return replacement if one is node else self.generic_visit(one)

    Lose().visit(tree)
    return _loaded({guard.module: ast.fix_missing_locations(tree)})


def _functions(tree: ast.Module) -> dict[ast.AST, ast.FunctionDef]:
    return {
        node: function
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }


def _ways(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The ways in which a guard can be lost here: what is said of it, and what stands in its place."""
    match node:
        case ast.If():
            yield f"never asks `{_said(node.test)}`", _instead(node, test=ast.Constant(False))
            yield f"takes `{_said(node.test)}` for granted", _instead(node, test=ast.Constant(True))
        case ast.IfExp():
            yield f"takes `{_said(node.test)}` for granted", node.body
            yield f"never asks `{_said(node.test)}`", node.orelse
        case ast.BoolOp():
            for value in node.values:
                rest = [one for one in node.values if one is not value]
                yield f"forgets `{_said(value)}`", _instead(node, values=rest) if rest[1:] else rest[0]
        case ast.comprehension(ifs=[condition]):
            yield f"takes `{_said(condition)}` for granted", _instead(node, ifs=[])
        case ast.Expr(value=ast.Call()):
            yield f"does not call `{_said(node)}`", ast.Pass()
        case ast.Call(func=ast.Name(id=name)):
            yield from _lost_parts(node, name)
        case _:
            yield from _shifted(node)


def _shifted(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _NEXT_LIMIT:
            shifted = _instead(node, ops=[_NEXT_LIMIT[type(op)]()])
            yield f"has `{_said(shifted)}`", shifted
        case ast.BinOp(op=ast.Add()):
            yield f"has `{_said(node.left)}` for `{_said(node)}`", node.left
        case _:
            pass


def _lost_parts(call: ast.Call, name: str) -> Iterator[tuple[str, ast.AST]]:
    if name == "max" and call.keywords:
        yield f"has the least for `{_said(call)}`", _instead(call, func=ast.Name("min", ast.Load()))
    if name in ("max", "joined") and len(call.args) == 2:
        for argument in call.args:
            yield f"has `{_said(argument)}` for `{_said(call)}`", argument
    if name in ("replace", "Handover"):
        for keyword in call.keywords:
            if keyword.arg != "kind":
                rest = [one for one in call.keywords if one is not keyword]
                yield f"does not set `{_said(keyword)}`", _instead(call, keywords=rest)


def _instead(node: Any, **changed: Any) -> ast.AST:
    other: ast.AST = type(node)(**dict(ast.iter_fields(node)) | changed)
    return other


def _said(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _loaded(changed: dict[str, ast.Module]) -> ModuleType:
    """The package anew, with the changed modules instead of their originals. Nobody else sees it."""
    fresh: dict[str, ModuleType] = {}

    def bring(name: str, *rest: Any) -> Any:
        if name == PACKAGE or name.startswith(PACKAGE + "."):
            return load(name.removeprefix(PACKAGE).removeprefix(".") or "__init__")
        return __import__(name, *rest)

    def load(stem: str) -> ModuleType:
        if stem not in fresh:
            module = fresh[stem] = ModuleType(f"{PACKAGE}.{stem}")
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": bring}
            exec(compile(changed.get(stem) or ast.parse(SOURCES[stem]), stem, "exec"), module.__dict__)
        return fresh[stem]

    return load("__init__")
