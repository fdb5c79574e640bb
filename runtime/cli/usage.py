"""How a command is used, and how it was used wrongly, in one language. The library's own words are English, so help is
written here from the commands' own, and its complaints are told anew by their kind.

Only what is asked for wrongly, or for help, comes here: a command that runs imports none of it.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer._click import exceptions  # the library exports only one of its complaints
from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.exceptions import TyperException

HELP = "显示这段说明。"
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, ""),
    (int, "整数"),
    (float, "数"),
    (datetime, "日期"),
    (Path, "文件"),
    (str, "文字"),
)
_GIVEN = re.compile(r"unexpected extra argument(?:\(s\)|s)? \((?P<extra>.*)\)$|(?:command|value) '(?P<name>.*?)'")
WIDTH = 100


def help_of(command: Any, context: Any) -> str:
    """What a command does, and what it takes."""
    lines = [f"用法：{_usage(command, context)}", ""]
    if command.help:
        lines += [*command.help.strip().split("\n"), ""]
    given = [p for p in command.get_params(context) if isinstance(p, TyperArgument) and not p.hidden]
    options = [p for p in command.get_params(context) if isinstance(p, TyperOption) and not p.hidden]
    lines += _section("参数", [(_written(p), _told(p)) for p in given])
    lines += _section("选项", [(_written(p), _told(p)) for p in options])
    if isinstance(command, TyperGroup):
        own = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        lines += _section(
            "命令", [(name, (one.help or "").split("\n")[0]) for name, one in own if one and not one.hidden]
        )
    return "\n".join(lines).rstrip() + "\n"


def _usage(command: Any, context: Any) -> str:
    parts = [context.command_path]
    parts += [_written(p) for p in command.get_params(context) if isinstance(p, TyperArgument) and not p.hidden]
    needed = [p for p in command.get_params(context) if isinstance(p, TyperOption) and p.required]
    parts += [_written(p) for p in needed]
    parts += ["命令 …"] if isinstance(command, TyperGroup) else []
    return " ".join([*parts, "[选项]"])


def _written(parameter: Any) -> str:
    """The parameter as it is typed: an argument by what it means, an option with its value's kind."""
    if isinstance(parameter, TyperArgument):
        name = parameter.metavar or re.split("[：:（，；;]", parameter.help or parameter.name)[0]
        name = name.strip("[]<>")
        return (f"<{name}>" if parameter.required else f"[{name}]") + ("…" if parameter.nargs != 1 else "")
    names = "、".join((*parameter.opts, *parameter.secondary_opts))
    kind = _kind(parameter)
    return f"{names} {kind}" if kind else names


def _kind(parameter: Any) -> str:
    """In a word what a value has to be; nothing where there is none."""
    if isinstance(parameter, TyperOption) and (parameter.is_flag or parameter.count):
        return ""
    wanted = parameter.type_descriptor.annotation
    wanted = next((part for part in getattr(wanted, "__args__", ()) if part is not type(None)), wanted)
    if choices := getattr(wanted, "__members__", None):
        return "|".join(str(one.value) for one in choices.values())
    return next((word for kind, word in _KINDS if isinstance(wanted, type) and issubclass(wanted, kind)), "文字")


def _told(parameter: Any) -> str:
    """What the parameter is for, its bounds and what holds when it is left out."""
    if parameter.name == "help":
        return HELP
    said = [parameter.help or ""]
    bounds = _bounds(parameter)
    if bounds:
        said.append(bounds)
    if parameter.required:
        said.append("必填")
    default = parameter.default
    if isinstance(default, (int, str, Path)) and not isinstance(default, bool) and default != "":
        said.append(f"默认 {default}")
    return "；".join(part for part in said if part)


def _bounds(parameter: Any) -> str:
    least, most = parameter.min, parameter.max
    if least is None:
        return "" if most is None else f"至多 {most}"
    return f"至少 {least}" if most is None else f"{least} 至 {most}"


def _section(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"{title}："
    margin = min(max(_wide(name) for name, _ in rows), 30) + 4
    for name, told in rows:
        first = "  " + name + " " * max(margin - 2 - _wide(name), 2)
        indent = " " * margin
        if _wide(name) + 4 > margin:
            yield "  " + name
            first = indent
        pieces = list(_wrapped(told, WIDTH - margin)) or [""]
        yield (first + pieces[0]).rstrip()
        yield from (indent + piece for piece in pieces[1:])
    yield ""


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """The text in lines: Latin words stay whole, Chinese is broken anywhere but before a mark that ends something."""
    line = ""
    for word in re.findall(r"[!-~]+|[^!-~][，。；：、）》”？]*", " ".join(text.split())):
        if line and _wide(line) + _wide(word) > width:
            yield line.rstrip()
            line = ""
        line += word if line or word != " " else ""
    if line.strip():
        yield line.rstrip()


def complaint(wrong: TyperException) -> str:
    """What was wrong in how the command was used, what was expected, and where to read on."""
    if isinstance(wrong, exceptions.NoArgsIsHelpError):
        return f"{wrong.message.rstrip()}\n"
    context = getattr(wrong, "ctx", None)
    path = context.command_path if context else "duban"
    return f"{_wrong(wrong)}\n办法：{path} --help 查看用法。\n"


def _wrong(wrong: Any) -> str:
    match wrong:
        case exceptions.MissingParameter():
            meant = getattr(wrong.param, "help", None)
            return f"缺少{_named(wrong.param)}：{meant or ''}".rstrip(" ：") + "。"
        case exceptions.BadParameter():
            parameter = wrong.param
            bounds = _bounds(parameter)
            expected = _expected(parameter) + (f"（{bounds}）" if bounds else "")
            given = re.search(r"'([^']*)'", wrong.message)
            what = f"“{given[1]}”" if given else ""
            return f"{_named(parameter)}填写有误{what}；应为{expected}。"
        case exceptions.NoSuchOption():
            near = f"；是不是 {'、'.join(sorted(wrong.possibilities))}？" if wrong.possibilities else "。"
            return f"没有选项 {wrong.option_name}{near}"
        case exceptions.BadOptionUsage():
            takes = "没有值" if "does not take" in wrong.message else "后面要有值"
            return f"选项 {wrong.option_name} {takes}。"
    found = _GIVEN.search(wrong.message)
    if found and found["extra"] is not None:
        return f"多出了参数：{found['extra']}。"
    if found and found["name"] is not None:
        return f"没有命令 {found['name']}。" + _near(wrong, found["name"])
    return "缺少命令。" if "Missing command" in wrong.message else "命令的用法不对。"


def _near(wrong: Any, name: str) -> str:
    from difflib import get_close_matches

    known = list(getattr(wrong.ctx.command, "commands", {})) if wrong.ctx else []
    near = get_close_matches(name, known, n=3)
    return f"是不是 {'、'.join(near)}？" if near else ""


def _named(parameter: Any) -> str:
    if isinstance(parameter, TyperArgument):
        return f"参数{_written(parameter).rstrip('…')}"
    return f"选项 {'、'.join(parameter.opts)} "


def _expected(parameter: Any) -> str:
    kind = _kind(parameter)
    if kind == "日期":
        return "日期，如 2026-12-31"
    if kind == "文件":
        return "有的、能读的文件"
    return " " + kind.replace("|", "、") if "|" in kind else kind


def named(where: str) -> typer.Typer:
    """A command by what it is called and for, which is read off its source: who only asks which there are waits for
    none of them to be imported. `where`: module:name of a function or a group."""
    module, _, name = where.partition(":")
    return typer.Typer(name=name, help=_line_of(module, name))


def _line_of(module: str, name: str) -> str:
    spec = find_spec(module)
    assert spec is not None, "a command of ours"
    assert spec.origin is not None
    for node in ast.parse(Path(spec.origin).read_text("utf-8")).body:
        match node:
            case ast.FunctionDef(name=found) if found == name:
                return (ast.get_docstring(node) or "").partition("\n")[0]
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Call(keywords=given)) if found == name:
                helps = [one.value for one in given if one.arg == "help"]
                return next((str(one.value) for one in helps if isinstance(one, ast.Constant)), "")
    raise LookupError(f"{module} has no {name}")
