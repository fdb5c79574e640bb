"""What marks a set of questions: the same for the same questions, another one as soon as one of them asks otherwise."""

import hashlib
import json

from rules.forms.form import Form, Question

MARK_LENGTH = 16
"""Hexadecimal digits of a mark: it finds a mistake, it proves nothing."""


def questions_mark(form: Form, *where: str) -> str:
    """The mark of the form's questions where they are asked (a step, a command). What only helps to fill them in, such
    as an old answer, makes no difference."""
    asked = [
        [*_asked(one), one.confirm, [_asked(column) for column in one.columns]] for one in form.fields if not one.derive
    ]
    text = json.dumps([list(where), form.id, asked], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:MARK_LENGTH]


def _asked(one: Question) -> list[object]:
    options = [[option.id, option.name] for option in one.options]
    return [one.id, one.name, str(one.kind), one.need, one.places, one.least, one.most, one.limit, options]
