"""Write ``src/api/generated.ts`` from the structs of ``nbtrack.wire``; ``--check`` fails on drift.

The shapes come from msgspec's JSON schema, so they are what the server really encodes; the
documentation comes from the Python sources (class docstrings and the strings under members).
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from nbtrack import entities, wire  # noqa: E402

TARGET = ROOT / "labextension" / "src" / "api" / "generated.ts"
HEADER = """\
// Generated from nbtrack/wire.py by scripts/generate_types.py: do not edit, run `npm run types`.
"""
CONSTANTS = ("EVENT_SCHEMA_ID", "ASK_SCHEMA_ID", "RUN_MIME", "RUNS_MIME", "REVISIONS_MIME")
PRIMITIVES = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean"}
Schema = Mapping[str, Any]


def structs() -> list[type[msgspec.Struct]]:
    """The structs ``nbtrack.wire`` defines, in source order."""
    found = [
        member
        for member in vars(wire).values()
        if inspect.isclass(member)
        and issubclass(member, msgspec.Struct)
        and member.__module__ == wire.__name__
    ]
    return sorted(found, key=lambda struct: inspect.getsourcelines(struct)[1])


def member_docs() -> dict[tuple[str, str], str]:
    """The string under each annotated class member, by (class, member)."""
    docs: dict[tuple[str, str], str] = {}
    for module in (entities, wire):
        for node in ast.parse(inspect.getsource(module)).body:
            if not isinstance(node, ast.ClassDef):
                continue
            for member, after in zip(node.body, node.body[1:], strict=False):
                if (
                    isinstance(member, ast.AnnAssign)
                    and isinstance(member.target, ast.Name)
                    and isinstance(after, ast.Expr)
                    and isinstance(after.value, ast.Constant)
                    and isinstance(after.value.value, str)
                ):
                    docs[node.name, member.target.id] = inspect.cleandoc(after.value.value)
    return docs


def comment(text: str, indent: str = "") -> str:
    """A TSDoc comment, or nothing for no text."""
    if not text:
        return ""
    lines = text.strip().splitlines()
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"


def typescript(schema: Schema) -> str:
    """The TypeScript type of one JSON schema node."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(typescript(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join("null" if v is None else f"'{v}'" for v in schema["enum"])
    kind = schema.get("type")
    if kind == "null":
        return "null"
    if kind == "array":
        item = typescript(schema.get("items", {}))
        return f"({item})[]" if " | " in item else f"{item}[]"
    if kind == "object":
        values = schema.get("additionalProperties", {})
        return f"Record<string, {typescript(values) if values not in (True, {}) else 'unknown'}>"
    return PRIMITIVES.get(str(kind), "unknown")


def declaration(name: str, schema: Schema, docs: Mapping[tuple[str, str], str]) -> str:
    """One exported type or interface."""
    text = comment(str(schema.get("description", "")))
    if "properties" not in schema:
        return f"{text}export type {name} = {typescript(schema)};\n"
    # What the server sends is always there: only request bodies leave defaults out.
    required = set(schema["properties"]) if not is_request(name) else set(schema["required"])
    members = "".join(
        comment(docs.get((name, key), ""), "  ")
        + f"  {key}{'' if key in required else '?'}: {typescript(member)};\n"
        for key, member in schema["properties"].items()
    )
    return f"{text}export interface {name} {{\n{members}}}\n"


def is_request(name: str) -> bool:
    """Whether a browser sends it; those structs forbid unknown fields."""
    return bool(getattr(wire, name).__struct_config__.forbid_unknown_fields)


def render() -> str:
    """The whole TypeScript module."""
    _, components = msgspec.json.schema_components(structs(), ref_template="#/{name}")
    docs = member_docs()
    own = [struct.__name__ for struct in structs()]
    enums = sorted(set(components) - set(own))
    constants = "".join(f"export const {name} = '{getattr(wire, name)}';\n" for name in CONSTANTS)
    number = "export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';\n"
    parts = [declaration(name, components[name], docs) for name in [*enums, *own]]
    shared = typescript(components["MetricInfo"]["properties"]["last"])
    body = "\n".join(parts).replace(f"({shared})", "MetricValue").replace(shared, "MetricValue")
    note = comment("A metric's value as JSON can say it: JSON has no NaN and no infinities.")
    return f"{HEADER}\n{constants}\n{note}{number}\n{body}"


def main() -> int:
    """Write the module, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on drift")
    check = parser.parse_args().check
    text = render()
    if not check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{TARGET.relative_to(ROOT)} is out of date: run `npm run types`\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
