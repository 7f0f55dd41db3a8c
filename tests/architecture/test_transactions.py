"""No database transaction is ever open across a call to a platform."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import python_files, tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
PLATFORMS = frozenset({"platforms", "sign_in"})
DISPATCH = "STEPS"  # the engine's table of steps, all of which reach out
ROOMS = ("app", "resolvers", "schema")


def reaches_out(node: ast.AST) -> bool:
    """Whether `….platforms.…`, the sign-in or the table of steps is touched in it, by itself."""
    return any(
        (isinstance(each, ast.Attribute) and each.attr in PLATFORMS)
        or (isinstance(each, ast.Name) and each.id == DISPATCH)
        for each in ast.walk(node)
    )


def called(node: ast.AST, here: str) -> Iterator[str]:
    """Our own functions that are called in it, as module.name; methods of objects are not followed."""
    for each in ast.walk(node):
        match each:
            case ast.Call(func=ast.Name(id=name)):
                yield f"{here}.{name}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
                yield f"{module}.{name}"


def functions() -> dict[str, list[tuple[Path, Function]]]:
    """Every function by module.name; modules are known by their last part."""
    found: dict[str, list[tuple[Path, Function]]] = defaultdict(list)
    for path in python_files(*ROOMS):
        for node in ast.walk(tree(path)):
            if isinstance(node, Function):
                found[f"{path.stem}.{node.name}"].append((path, node))
    return found


def imported(path: Path) -> dict[str, str]:
    """`from app.orders import expire`: in this file, expire is orders.expire."""
    return {
        f"{path.stem}.{alias.asname or alias.name}": f"{node.module.rpartition('.')[2]}.{alias.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def outward() -> set[str]:
    """The functions that reach a platform, however far down."""
    known = functions()
    reach = {name for name, bodies in known.items() if any(reaches_out(body) for _, body in bodies)}
    while True:
        more = {
            name
            for name, bodies in known.items()
            if name not in reach and any(calls(path, body) & reach for path, body in bodies)
        }
        if not more:
            return reach
        reach |= more


def calls(path: Path, node: ast.AST) -> set[str]:
    names = imported(path)
    return {names.get(name, name) for name in called(node, path.stem)}


def transactions() -> list[tuple[Path, ast.AsyncWith]]:
    return [
        (path, node)
        for path in python_files(*ROOMS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AsyncWith)
        and any("in_transaction" in ast.unparse(item.context_expr) for item in node.items)
    ]


def test_reaching_out_is_recognised_through_other_functions() -> None:
    assert {"result.order_status", "result.ask", "fee_details.revoke", "engine.advance", "worker.drive"} <= outward()
    assert not {"ledger.write", "jobs.enqueue", "events.tell"} & outward()


def test_no_transaction_is_open_across_a_call_to_a_platform() -> None:
    reach = outward()
    blocks = transactions()
    assert len(blocks) > 5
    wrong = [f"{path}:{node.lineno}" for path, node in blocks if reaches_out(node) or calls(path, node) & reach]
    assert wrong == []
