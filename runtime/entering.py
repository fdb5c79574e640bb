"""How people come in to this site: the limits of the settings with what DATA/sign_in.yaml says of passwords, and the
other ways that it names."""

from __future__ import annotations

from dataclasses import replace

from definitions.accounts.sign_in_file import SIGN_IN_FILE, WaysIn, load_ways_in
from rules.accounts.limits import AccessLimits
from rules.errors import RuleViolation
from runtime.ending import Problem
from runtime.settings import Settings


def ways_in(settings: Settings) -> WaysIn:
    """What the site's file says. A file with mistakes is a Problem: who may come in is nothing to guess."""
    try:
        return load_ways_in(settings.data / SIGN_IN_FILE)
    except RuleViolation as refusal:
        raise Problem(
            f"登录方式的文件 {SIGN_IN_FILE} 有误：{refusal}", "改好以后再来；写法见 docs/access.md。"
        ) from refusal


def limits_in_force(settings: Settings) -> AccessLimits:
    """The limits of the settings, with what the file says of passwords and security keys. Raises Problem."""
    ways = ways_in(settings)
    return replace(settings.access_limits, local=ways.local, second_factor=ways.second_factor)
