"""The shipped list of common passwords: its file says from where. A site may not shorten it, so it is no setting."""

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

_FILE = Path(__file__).with_name("common_passwords.yaml")


@cache
def common_passwords() -> frozenset[str]:
    """What many people use as a password or as part of one, in lower case."""
    content = YAML(typ="safe").load(_FILE.read_text("utf-8"))
    return frozenset(str(word).casefold() for row in content["words"] for word in row)
