"""Whether a veil can be kept and lifted: nobody of the unit has a move before it, and it is lifted before the end."""

from definitions.process import ProcessDefinition, VariantDefinition
from definitions.source import Source
from rules.process import Holder, PostPlace, usual_posts

_OF_UNITS = (PostPlace.UNIT, PostPlace.PARENT)


def check_veil(source: Source, definition: ProcessDefinition, variant: VariantDefinition) -> None:
    """The step until which the unit sees nothing is one of the variant's, not the first, and is come to before the item
    has ended; nobody of the unit, or above it, has a step or a signature before, and nothing is issued that says whence
    it comes."""
    veil, first = definition.veil, variant.steps[0].id
    steps = {step.id: step for step in variant.steps}

    def wrong(what: str, expected: str) -> None:
        source.add(("veil",), what, expected)

    if definition.holder is not Holder.UNIT:
        wrong("片组承办的事项没有要瞒着的单位", "去掉 veil，或去掉 holder: area")
    elif definition.sign is not None:
        wrong("单位要签收，就不能看不到", "sign: none")
    elif veil not in steps:
        wrong(f"走法“{variant.id}”没有名为“{veil}”的环节", f"它的一个环节：{'、'.join(steps)}")
    elif veil == first:
        wrong(f"“{veil}”是走法“{variant.id}”的第一个环节，从来没有看不到的时候", "后面的一个环节，或去掉 veil")
    elif veil not in variant.reached(first):
        wrong(f"走法“{variant.id}”到“{veil}”以前已经办结", "一轮以内能走到的环节")
    else:
        for before in sorted(variant.reached(first, without=veil) - {veil}):
            step = steps[before]
            posts = step.posts or usual_posts(step.party, definition.holder)
            if not step.waits and any(post.place in _OF_UNITS for post in posts.of):
                what = f"“{before}”在“{veil}”以前，由被查的单位或它的上级办，而他们还看不到"
                wrong(what, "把它交给 area、site 的职务，或让它在 veil 的环节之后")
            if step.issues and set(step.onward(back=False)) - {veil}:
                what = f"“{before}”通过时交办子项，而那时承办单位还看不到本事项，子项上却写着它"
                wrong(what, "在走到 veil 的环节时，或在它之后交办")
