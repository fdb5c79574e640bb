"""The command `duban`: finds the command that is asked for, turns problems into sentences, ends by `runtime.host.exit`.

Only the module of the command asked for is imported: most commands need neither Temporal's client nor the web.
"""

from __future__ import annotations

import logging
import sys
import traceback
from importlib import import_module
from typing import Any

import typer
from typer.exceptions import TyperException

from runtime.ending import DONE, REFUSED, WRONG_USAGE, Problem
from runtime.host.exit import leave
from runtime.host.loading import loading
from runtime.host.privacy import private_files

INTERRUPTED = 130

COMMANDS = {
    "up": "runtime.cli.parts.up:up",
    "demo": "runtime.cli.parts.demo:demo",
    "server": "runtime.cli.parts.server:server",
    "worker": "runtime.cli.parts.worker:worker",
    "site": "runtime.cli.parts.site:site",
    "scheduler": "runtime.cli.parts.scheduler:scheduler",
    "migrate": "runtime.cli.store:migrate",
    "load": "runtime.cli.store:load",
    "confirm": "runtime.cli.joint.command:confirm",
    "import": "runtime.cli.importing:import_register",
    "issue": "runtime.cli.register.issue:issue",
    "items": "runtime.cli.register.commands:items",
    "item": "runtime.cli.register.commands:item",
    "why": "runtime.cli.register.commands:why",
    "publications": "runtime.cli.register.publications:publications",
    "campaigns": "runtime.cli.register.campaigns:campaigns",
    "score": "runtime.cli.register.score:score",
    "do": "runtime.cli.act:do",
    "units": "runtime.cli.register.commands:list_units",
    "notices": "runtime.cli.notices:notices",
    "recover": "runtime.cli.act:recover",
    "backup": "runtime.cli.backup:backup",
    "restore": "runtime.cli.backup:restore",
    "simulate": "runtime.cli.simulate:simulate_command",
    "doctor": "runtime.cli.doctor:doctor",
    "bench": "runtime.cli.bench:bench",
}
"""Command to module and function, in the order in which help lists them."""

GROUPS = {
    "bulk": "runtime.cli.register.bulk:bulk",
    "draw": "runtime.cli.register.draw:draw",
    "round": "runtime.cli.register.rounds:round_",
    "figures": "runtime.cli.register.figures:figures",
    "burden": "runtime.cli.register.burden:burden",
    "people": "runtime.cli.people:people",
    "account": "runtime.cli.accounts.command:account",
    "directory": "runtime.cli.register.directory:directory",
    "calendar": "runtime.cli.calendar:calendar",
    "definitions": "runtime.cli.defining.command:definitions",
    "audit": "runtime.cli.audit.command:audit",
    "payloads": "runtime.cli.parts.payloads:payloads",
}
"""Commands with commands of their own."""

_ALONE = {("audit", "check"): "runtime.cli.audit.check:check"}
"""Commands of a group that run without what the rest of the group imports, where nothing but a file is."""

# What the Temporal client has to say is for logs; a command says what went wrong in its own words.
logging.getLogger("temporal").addHandler(logging.NullHandler())


def make_app(asked: str | None = None, under: str | None = None, *, listed: bool = False) -> typer.Typer:
    """The application with the one command asked for; with all of them when it is none of ours. `under`: the command of
    a group. `listed`: of these only what each is called and for, since none is going to run."""
    app = typer.Typer(
        name="duban",
        help="督办：整改事项与党建项目的全程督办。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_duban)
    if asked and under and (alone := _ALONE.get((asked, under))):
        group = typer.Typer()
        group.callback()(_duban)
        group.command(under)(_imported(alone))
        app.add_typer(group, name=asked)
        return app
    known = asked in COMMANDS or asked in GROUPS
    if listed and not known:
        from runtime.cli import usage  # here and not above: a command that runs asks for no list

        for name, where in {**COMMANDS, **GROUPS}.items():
            app.add_typer(usage.named(where), name=name)
        return app
    for name, where in COMMANDS.items():
        if name == asked or not known:
            app.command(name)(_imported(where))
    for name, where in GROUPS.items():
        if name == asked or not known:
            app.add_typer(_imported(where), name=name)
    return app


def _duban() -> None:
    """督办：整改事项与党建项目的全程督办。"""


def _imported(where: str):  # type: ignore[no-untyped-def]
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)


def _in_one_language(command: Any) -> Any:
    """The command, whose help and whose subcommands' help is written by `runtime.cli.usage`."""

    def help_of(context: Any, formatter: Any) -> None:
        from runtime.cli import usage  # here and not above: only who asks for help waits for it

        formatter.write(usage.help_of(command, context))

    command.format_help = help_of
    for one in getattr(command, "commands", {}).values():
        _in_one_language(one)
    return command


def _wrong_usage(wrong: TyperException) -> int:
    from runtime.cli import usage

    sys.stderr.write(usage.complaint(wrong))
    return WRONG_USAGE


def run(arguments: list[str]) -> int:
    """The command's exit status: 0 done, 1 refused or found wrong, 2 wrong usage."""
    try:
        with loading():
            app = make_app(*arguments[:2], listed=arguments[:1] != ["--"])
            command = _in_one_language(typer.main.get_command(app))
        status = command.main(args=arguments, prog_name="duban", standalone_mode=False)
    except TyperException as wrong:
        return _wrong_usage(wrong)
    except typer.Abort:
        return REFUSED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else DONE if stop.code is None else REFUSED
    except Problem as problem:
        sys.stderr.writelines(f"{line}\n" for line in problem.lines())
        return problem.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as failure:
        from ledger.store.trouble import of_disk  # here and not above: the quick commands need no ledger

        told = of_disk(failure, failure.filename or "输出")
        if told is None:
            traceback.print_exc()
        else:
            sys.stderr.write(f"{told} [{told.code}]\n")
        return REFUSED
    except Exception:
        traceback.print_exc()
        return REFUSED
    return status if isinstance(status, int) else DONE


def main() -> None:
    """Runs the command line and ends the process."""
    private_files()
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
