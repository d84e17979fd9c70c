"""What the macros promise to the pages that call them, and to whoever reads without seeing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from wtforms import BooleanField, Form, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from tests.looks.conftest import Render


def words(html: str) -> str:
    """The text that is read, one space between words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


class ActivityForm(Form):
    title = StringField("活动名称", [DataRequired("请填写活动名称。")], description="学生会看到。")
    kind = SelectField("类别", choices=[SelectChoice("a", "讲座"), SelectChoice("b", "参观")])
    proof = RadioField("签到方式", choices=[SelectChoice("staff", "工作人员扫码"), SelectChoice("self", "自己扫码")])
    open_to_all = BooleanField("对外开放")
    password = PasswordField("密码")

    def hidden_tag(self) -> str:
        return ""


# Rings and bars: the drawing follows the numbers, and the numbers are there.


@pytest.mark.parametrize(
    ("earned", "target", "dash", "says"),
    [
        (650, 800, "81.2", "还差 1.5 学分"),
        (1, 800, "0.1", "还差 7.99 学分"),
        (800, 800, "100.0", "学分已达到目标"),
        (1250, 800, "100.0", "学分已达到目标"),
    ],
)
def test_a_ring_draws_the_share_and_says_what_is_missing(
    render: Render, earned: int, target: int, dash: str, says: str
) -> None:
    html = render("{{ ring.ring(earned, target) }}", earned=earned, target=target)
    assert f'stroke-dasharray="{dash} 100"' in html
    assert says in words(html)


@pytest.mark.parametrize("earned", [0, -30])
def test_a_ring_without_credits_draws_no_arc(render: Render, earned: int) -> None:
    html = render("{{ ring.ring(earned, 800) }}", earned=earned)
    assert "ring-done" not in html
    assert "还差" in words(html)


def test_a_ring_without_a_target_promises_none(render: Render) -> None:
    assert "暂无学年目标" in words(render("{{ ring.ring(125, none) }}"))


def test_a_bar_against_its_cap_says_that_it_is_full(render: Render) -> None:
    rows = [{"id": "lecture", "label": "科普讲座", "earned": 150, "cap": 150}]
    html = render("{{ bar.bars(rows) }}", rows=rows)
    assert 'width="100.0%"' in html
    assert words(html) == "科普讲座 1.5 上限 1.5 已满"


def test_a_bar_without_a_cap_is_drawn_against_the_scale(render: Render) -> None:
    rows = [{"id": "venue_visit", "label": "场馆参观", "earned": 200, "cap": None}]
    html = render("{{ bar.bars(rows, scale=800) }}", rows=rows)
    assert 'width="25.0%"' in html
    assert words(html) == "场馆参观 2"


def test_the_parts_of_a_class_are_told_in_words_and_numbers(render: Render) -> None:
    html = render("{{ bar.share({'on_target': 14, 'near_target': 16, 'at_risk': 8}) }}")
    assert words(html) == "达标 14 接近达标 16 预警 8"


def test_an_empty_class_draws_no_bar(render: Render) -> None:
    html = render("{{ bar.share({'on_target': 0, 'near_target': 0, 'at_risk': 0}) }}")
    assert "share-bar" not in html


@pytest.mark.parametrize(("name", "word"), [("on_target", "达标"), ("near_target", "接近达标"), ("at_risk", "预警")])
def test_a_state_is_a_word_beside_an_icon(render: Render, name: str, word: str) -> None:
    html = render("{{ state.state(name) }}", name=name)
    assert words(html) == word
    assert 'aria-hidden="true"' in html


def test_a_requirement_counts_what_is_missing(render: Render) -> None:
    items = [{"label": "参加的类别", "have": 3, "need": 3}, {"label": "到场馆参加", "have": 1, "need": 2}]
    assert words(render("{{ ring.requirements(items) }}", items=items)) == (
        "参加的类别 3 / 3 已满足 到场馆参加 1 / 2 还差 1"
    )


# Why: the steps in order, each with its effect.


def test_a_trace_tells_each_step_and_the_sum(render: Render) -> None:
    steps = [
        {"sentence": "停留 50 分钟", "before": 0, "after": 0},
        {"sentence": "每次 0.5 学分", "before": 0, "after": 50},
        {"sentence": "本学年上限 20 学分", "before": 50, "after": 20},
    ]
    html = render("{{ trace.trace(steps, 20) }}", steps=steps)
    assert re.findall(r"trace-step--(\w+)", html) == ["met", "added", "cut"]
    assert words(html) == (
        "停留 50 分钟 符合 每次 0.5 学分 之前 0 之后 0.5 本学年上限 20 学分 之前 0.5 之后 0.2 本次认定 0.2 学分"
    )


def test_a_refusal_says_what_would_earn_more(render: Render) -> None:
    steps = [{"sentence": "停留 95 分钟，需要 96 分钟", "before": 0, "after": 0, "outcome": "refused"}]
    html = render("{{ trace.trace(steps, 0, state='refused', missing=['再停留 1 分钟。']) }}", steps=steps)
    assert "不符合" in words(html)
    assert words(html).endswith("本次未获得学分 0 学分 怎样可以得到更多 再停留 1 分钟。")


@pytest.mark.parametrize(("amount", "shown"), [(50, "+0.5 学分"), (0, "0 学分"), (-30, "−0.3 学分")])
def test_an_amount_carries_its_sign(render: Render, amount: int, shown: str) -> None:
    assert words(render("{{ trace.amount(amount) }}", amount=amount)) == shown


# Forms.


def test_an_error_is_tied_to_its_field_and_listed_above_the_form(render: Render) -> None:
    form = ActivityForm(data={"title": ""})
    form.validate()
    html = render("{% call forms.form(f, '/x') %}{{ forms.field(f.title) }}{% endcall %}", f=form)
    (described,) = re.findall(r'<input[^>]*aria-describedby="([^"]+)"', html)
    assert [f'id="{name}"' in html for name in described.split()] == [True, True]
    assert 'aria-invalid="true"' in html
    assert '<a href="#title">活动名称：请填写活动名称。</a>' in html


def test_a_field_without_errors_points_to_its_help_only(render: Render) -> None:
    html = render("{{ forms.field(f.title) }}", f=ActivityForm())
    assert 'aria-describedby="title-help"' in html
    assert "aria-invalid" not in html


def test_attributes_of_a_field_reach_its_input(render: Render) -> None:
    html = render("{{ forms.field(f.title, autocomplete='off', inputmode='numeric') }}", f=ActivityForm())
    assert re.search(r'<input[^>]*autocomplete="off"[^>]*inputmode="numeric"', html)


def test_radios_are_a_group_with_a_name(render: Render) -> None:
    html = render("{{ forms.field(f.proof) }}", f=ActivityForm())
    assert re.search(r"<fieldset.*<legend[^>]*>\s*签到方式", html, re.DOTALL)
    assert html.count('type="radio"') == html.count("<label for=") == 2


def test_a_posted_form_and_a_lone_button_carry_a_token(render: Render) -> None:
    for source in ("{% call forms.form(none, '/x') %}{% endcall %}", "{{ forms.action('/x', '撤回') }}"):
        assert re.search(r'method="post".*name="csrf_token" value="[^"]+"', render(source), re.DOTALL)


def test_a_question_travels_with_its_button(render: Render) -> None:
    html = render(
        "{{ forms.action('/x', '取消场次', kind='danger', confirm='取消？', yes='确定取消', hidden={'id': 'a1'}) }}"
    )
    assert 'data-confirm="取消？"' in html
    assert 'data-confirm-yes="确定取消"' in html
    assert '<input type="hidden" name="id" value="a1">' in html


# What readers type is text, wherever a macro prints it.


@pytest.mark.parametrize(
    "source",
    [
        "{{ page.page_head(evil, lead=evil, eyebrow=evil, back=('/', evil)) }}",
        "{{ page.notice(evil, title=evil) }}",
        "{{ page.facts([(evil, evil)]) }}",
        "{{ page.line(evil, text=evil, meta=evil, url=evil) }}",
        "{{ page.stats([{'label': evil, 'value': evil, 'note': evil}]) }}",
        "{{ empty.empty(evil, evil) }}",
        "{{ outcome.outcome('good', evil, evil) }}",
        "{{ trace.trace([{'sentence': evil, 'before': 0, 'after': 0}], 0, missing=[evil], source=evil) }}",
        "{{ forms.action('/x', evil, confirm=evil, hidden={'a': evil}) }}",
        "{{ state.badge(evil) }}",
        "{{ table.select_cell('p', evil, evil) }}",
        "{{ bar.bars([{'id': evil, 'label': evil, 'earned': 0, 'cap': none}]) }}",
    ],
)
def test_no_macro_lets_markup_through(render: Render, source: str) -> None:
    html = render(source, evil='"><script>alert(1)</script>')
    assert "<script>" not in html
    assert '""><' not in html


# Lists, tables, pages.


class Pages:
    def __init__(self, page: int, pages: int) -> None:
        self.page, self.pages, self.total = page, pages, pages * 20


def test_pages_link_to_their_neighbours(render: Render) -> None:
    html = render("{% call(n) pagination.pagination(p) %}?page={{ n }}{% endcall %}", p=Pages(2, 5))
    assert re.findall(r'href="([^"]+)"', html) == ["?page=1", "?page=3"]
    assert "第 2 / 5 页，共 100 条" in words(html)


def test_the_ends_of_pages_are_not_links(render: Render) -> None:
    source = "{% call(n) pagination.pagination(p) %}?page={{ n }}{% endcall %}"
    assert re.findall(r'href="([^"]+)"', render(source, p=Pages(1, 5))) == ["?page=2"]
    assert re.findall(r'href="([^"]+)"', render(source, p=Pages(5, 5))) == ["?page=4"]
    assert words(render(source, p=Pages(1, 1))) == ""


def test_a_table_says_what_it_is_and_how_it_is_sorted(render: Render) -> None:
    columns: list[dict[str, Any]] = [
        {"label": "学生", "sort_url": "?s=name", "sorted": "ascending"},
        {"hidden": "操作"},
    ]
    html = render("{% call table.sheet(c, caption='班级学分', select='p') %}{% endcall %}", c=columns)
    assert re.search(r"<caption[^>]*>班级学分</caption>", html)
    assert 'aria-sort="ascending"' in html
    assert 'aria-label="全选"' in html
    assert '<span class="visually-hidden">操作</span>' in html


@pytest.mark.parametrize(
    ("items", "shape"),
    [
        ([{"label": "首页", "url": "/", "active": True, "icon": "home"}], "page--tabbar"),
        ([{"label": "首页", "url": "/", "active": True}], "page--strip"),
        ([{"label": str(n), "url": "/", "active": False, "icon": "home"} for n in range(6)], "page--strip"),
    ],
)
def test_navigation_becomes_tabs_only_when_they_fit(render: Render, items: list[dict[str, Any]], shape: str) -> None:
    html = render('{% extends "base.html" %}', nav=items, current_user=None, demonstration=False)
    assert f"{shape} " in re.findall(r'<body class="([^"]*)"', html)[0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 502, 503])
def test_every_error_says_what_to_do_next(bare_app: Any, status: int) -> None:
    template = bare_app.jinja_env.get_template("errors/error.html")
    with bare_app.test_request_context("/missing"):
        html = template.render(status=status, code="some_code", message=None, demonstration=False)
    shown = words(re.findall(r'class="plain-card.*?</main>', html, re.DOTALL)[0])
    assert f"错误代码：{status} · some_code" in shown
    assert "回到首页" in shown
    assert re.search(r'class="problem-next">[^<]{8,}<', html)


def test_a_separator_never_begins_a_line(render: Render) -> None:
    """The space before it does not break, the one behind it may."""
    assert "14:00\u00a0· 市科技馆" in render("{{ page.line('讲座', text='14:00 · 市科技馆') }}")
