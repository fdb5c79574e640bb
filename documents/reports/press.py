"""The printing process: what to print on standard input as JSON, the PDF on standard output. Its limits are set first.

Data goes in as JSON and is never markup; files outside this folder cannot be reached. A font that is missing is an
error, not another font.
"""

import json
import resource
import sys
from pathlib import Path

REPORTS_FOLDER = Path(__file__).resolve().parent
_MEMORY_BYTES = 4 << 30
_CPU_SECONDS = 240
FAILED = 3


def main() -> None:
    """Prints one document and exits; a failure is one line on standard error and status FAILED."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    asked = json.loads(sys.stdin.buffer.read())
    try:
        pdf = typeset(asked["template"], asked["data"], asked["at"])
    except RuntimeError as failure:  # of which typst's errors are
        sys.stderr.write(f"{failure}\n")
        sys.exit(FAILED)
    sys.stdout.buffer.write(pdf)
    sys.stdout.buffer.flush()


def typeset(template: str, data: object, at: int) -> bytes:
    """The PDF; the same bytes for the same template, data and `at` (seconds since 1970). It is fit for archives
    (PDF/A-2b), unless a character occurs that the font lacks: archives refuse such, people see an empty box.

    Raises RuntimeError.
    """
    import noto_cjk_sans_otc
    import typst

    compiler = typst.Compiler(
        REPORTS_FOLDER / f"{template}.typ",
        root=REPORTS_FOLDER,
        font_paths=[Path(str(noto_cjk_sans_otc.FONT_PATH)).parent],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    try:
        pdf, warnings = compiler.compile_with_warnings(format="pdf", timestamp=at, pdf_standards="a-2b")
    except RuntimeError as failure:
        if "could not be displayed" not in str(failure):
            raise
        pdf, warnings = compiler.compile_with_warnings(format="pdf", timestamp=at)
    if warnings:
        raise RuntimeError("; ".join(warning.message for warning in warnings))
    assert isinstance(pdf, bytes)
    return pdf


if __name__ == "__main__":
    main()
