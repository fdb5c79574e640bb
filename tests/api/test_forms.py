"""Whatever is refused, what was written in the form comes back; and fields are named as the form names them."""

import httpx2
import pytest

from api import forms
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import OUT, as_

WRITTEN = "已经写了很久的办理情况"


def _cookie(person: str) -> dict[str, str]:
    return {**as_(person), "Sec-Fetch-Site": "same-origin"}


async def test_a_form_with_too_much_attached_comes_back_with_its_text(
    web: httpx2.AsyncClient, product: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "EVIDENCE_LIMIT", 10_000)
    (no,) = await product.issue("党员活动室被挪作他用")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    files = {"file": ("大.pdf", b"x" * 60_000)}
    answer = await web.post(f"/items/{no}/report", data={"text": WRITTEN}, files=files, headers=_cookie(liaison))
    assert answer.status_code == 413
    assert "“佐证材料”太长：最多 合计 50 MB" in answer.text
    assert f">{WRITTEN}</textarea>" in answer.text
    small = {"file": ("小.pdf", b"x" * 100)}
    answer = await web.post(f"/items/{no}/report", data={"text": WRITTEN}, files=small, headers=_cookie(liaison))
    assert answer.status_code == 303


async def test_what_was_written_after_the_session_has_ended_comes_back(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("党员活动室被挪作他用")
    out = OUT | {"Sec-Fetch-Site": "same-origin"}
    answer = await web.post(f"/items/{no}/remark", data={"text": WRITTEN}, headers=out)
    assert answer.status_code == 401
    assert "登录已经结束" in answer.text
    assert WRITTEN in answer.text


async def test_what_was_written_comes_back_when_the_item_is_ended_meanwhile(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("党员活动室被挪作他用")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    await product.give(no, "annul", SUPERVISOR, reason="重复交办")
    answer = await web.post(f"/items/{no}/report", data={"text": WRITTEN}, headers=_cookie(liaison))
    assert answer.status_code == 409
    assert WRITTEN in answer.text


@pytest.mark.parametrize(("text", "words"), [("", "必须填写“批示内容”"), ("长" * 5000, "“批示内容”太长")])
async def test_a_refusal_names_the_field_as_the_form_does(
    web: httpx2.AsyncClient, product: Started, text: str, words: str
) -> None:
    (no,) = await product.issue("党员活动室被挪作他用")
    answer = await web.post(f"/items/{no}/remark", data={"text": text}, headers=_cookie(LEADER))
    assert words in answer.text


@pytest.mark.parametrize("files", [None, {"file": ("小.pdf", b"x")}], ids=["plain", "with a file"])
async def test_words_alone_are_bounded_as_everywhere(
    web: httpx2.AsyncClient, product: Started, files: dict[str, tuple[str, bytes]] | None
) -> None:
    (no,) = await product.issue("党员活动室被挪作他用")
    much = {f"field{n}": "x" * 500_000 for n in range(8)}
    answer = await web.post(f"/items/{no}/remark", data=much, files=files, headers=_cookie(LEADER))
    assert answer.status_code == 413


async def test_a_date_is_named_as_the_form_names_it(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("党员活动室被挪作他用")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    said = {"text": "进展", "reason": "理由"}
    answer = await web.post(f"/items/{no}/ask_extension", data=said, headers=_cookie(liaison))
    assert "必须填写“申请延至”" in answer.text
