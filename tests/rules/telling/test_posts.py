"""People with their posts, and those for whom they stand in."""

from __future__ import annotations

from rules.telling.posts import in_post, on_behalf


def test_a_name_is_followed_by_post_and_unit_where_there_are_any() -> None:
    assert in_post("张三", "联络员", "县教育局") == "张三（联络员，县教育局）"
    assert in_post("张三", "联络员") == "张三（联络员）"
    assert in_post("张三", "") == "张三"


def test_the_system_has_no_post() -> None:
    assert in_post("系统", "系统") == "系统"


def test_who_is_away_is_named_behind_what_the_other_does() -> None:
    assert on_behalf("李四", ("张三",)) == "李四（代张三）"
    assert on_behalf("签收", ("张三", "王五")) == "签收（代张三、王五）"
    assert on_behalf("李四", ("",)) == on_behalf("李四", ()) == "李四"
