"""Parts of a long document bound into one PDF."""

import os
from collections.abc import Sequence
from pathlib import Path

import pikepdf


def pages_of(path: Path) -> int:
    """How many pages the PDF has."""
    with pikepdf.open(path) as document:
        return len(document.pages)


def bound(parts: Sequence[Path], path: Path) -> None:
    """The pages of all parts, in order, are the document at `path`; the parts are gone. One part stays as it was made.
    The same bytes for the same parts.

    Every part names its structure (for readers of screens) by numbers of its own, so the whole goes without. It is fit
    for archives if all parts are.
    """
    first, *others = parts
    if others:
        document, opened = pikepdf.open(first), [pikepdf.open(part) for part in others]
        try:
            archived = all("/OutputIntents" in one.Root for one in (document, *opened))
            for one in opened:
                document.pages.extend(one.pages)
            for page in document.pages:
                if "/StructParents" in page:
                    del page["/StructParents"]
            gone = ("/StructTreeRoot", "/MarkInfo", *(() if archived else ("/Metadata", "/OutputIntents")))
            for name in gone:
                if name in document.Root:
                    del document.Root[name]
            document.save(path, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        finally:
            for one in (document, *opened):
                one.close()
        for part in parts:
            part.unlink()
    else:
        os.replace(first, path)
