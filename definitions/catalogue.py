"""Loading process files and the folder that holds them. The only way from a file to a `ProcessDefinition`."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from definitions.form_checks import settle
from definitions.language.dead_ends import check_dead_ends
from definitions.language.families import check_families, check_issues
from definitions.language.keys import elsewhere
from definitions.language.shared import SHARED_FILE, use_shared
from definitions.mistakes import DefinitionErrors, Mistake
from definitions.parts.asks import check_asks
from definitions.parts.tally_checks import TALLIES_REST_ON, check_tallies, settle_tallies
from definitions.process import ProcessDefinition
from definitions.process_checks import check_process
from definitions.process_file import read_process
from definitions.source import Source

EXAMPLE = "rectification"
"""The shipped process that is measured, and drawn as an example; nobody else names one."""
SHIPPED = Path(__file__).parent / "catalogue"
"""The definitions that come with the program: a worked example of a county."""


def load_process(path: Path) -> ProcessDefinition:
    """The process that a file defines. Raises definition_invalid with every mistake of the file."""
    source = Source(path)
    source.elsewhere = elsewhere
    if source.root is None:
        source.refuse()
    use_shared(source, SHIPPED.parent)
    definition = settle_tallies(source, read_process(source))
    if all(source.sound((key,)) for key in TALLIES_REST_ON):
        check_tallies(source, definition)
    definition = settle(source, definition)
    check_process(source, definition)
    if source.sound():
        check_dead_ends(source, definition)
        check_issues(source, definition)
        check_asks(source, definition)
    source.refuse()
    return definition


def load_catalogue(folder: Path = SHIPPED) -> tuple[ProcessDefinition, ...]:
    """All processes of a folder, by file name. Raises definition_invalid with every mistake of every file."""
    files = sorted(path for path in folder.glob("*.yaml") if path.name != SHARED_FILE)
    if not files:
        missing = Mistake(
            file=str(folder), line=1, path="", what="文件夹里没有流程定义", expected="至少一个 .yaml 文件"
        )
        raise DefinitionErrors([missing])
    return load_processes(files)


def load_beside(files: Iterable[Path]) -> tuple[ProcessDefinition, ...]:
    """What stands beside these files, in their own folders or shipped, as far as it is sound: what they may name."""
    given = {path.resolve() for path in files}
    folders = dict.fromkeys((*(path.parent for path in given), SHIPPED))
    found: dict[str, ProcessDefinition] = {}
    for path in (one for folder in folders for one in sorted(folder.glob("*.yaml"))):
        if path not in given and path.name != SHARED_FILE:
            with suppress(DefinitionErrors):  # whoever checks that file will hear of it
                found.setdefault((one := load_process(path)).id, one)
    return tuple(found.values())


def load_processes(files: Iterable[Path], beside: Iterable[ProcessDefinition] = ()) -> tuple[ProcessDefinition, ...]:
    """The processes that the files define, in their order, fit to stand beside each other and `beside` what there is
    else. Raises definition_invalid with every mistake of every file."""
    mistakes: list[Mistake] = []
    found: list[ProcessDefinition] = []
    for path in files:
        try:
            found.append(load_process(path))
        except DefinitionErrors as errors:
            mistakes.extend(errors.mistakes)
    mistakes.extend(_clashes(found))
    if not mistakes:
        mistakes.extend(check_families(found, beside))
    if mistakes:
        raise DefinitionErrors(mistakes)
    return tuple(found)


def _clashes(found: list[ProcessDefinition]) -> list[Mistake]:
    """Two files may share neither the process id nor the prefix of item numbers."""
    mistakes = []
    for key, name in (("process", "id"), ("prefix", "prefix")):
        seen: dict[str, str] = {}
        for definition in found:
            value = getattr(definition, name)
            if value in seen:
                line = Source(Path(definition.file)).line((key,))
                what = f"“{value}”已被 {seen[value]} 使用"
                mistakes.append(Mistake(file=definition.file, line=line, path=key, what=what, expected="不重复的值"))
            seen.setdefault(value, definition.file)
    return mistakes
