"""What is wrong with a text that an officer wrote: where, what, and what to write instead.

Sentences are Chinese msgids with parameters, so that the officer's page shows them in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from credit_app.rules.wording import N_, Value, fill


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `line` and `column` count from 1."""

    line: int
    column: int
    code: str
    params: Mapping[str, Value] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """The msgid that says what is wrong."""
        return SENTENCES[self.code][0]

    @property
    def instead(self) -> str:
        """The msgid that says what to write instead."""
        return SENTENCES[self.code][1]

    def what_in(self, translate: Callable[[str], str]) -> str:
        """What is wrong, in the reader's language."""
        return fill(translate(self.what), self.params)

    def instead_in(self, translate: Callable[[str], str]) -> str:
        """What to write instead, in the reader's language."""
        return fill(translate(self.instead), self.params)

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {fill(self.what, self.params)} {fill(self.instead, self.params)}"


class BookError(ValueError):
    """The text is no valid book, or no valid set of examples; `problems` in the order of the text."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))


SENTENCES: dict[str, tuple[str, str]] = {
    "too_long": (N_("文本超过 %(limit)s KB。"), N_("一本规则集通常不到 50 KB，请检查是否粘贴了别的内容。")),
    "too_many_items": (N_("列表超过 %(limit)s 项。"), N_("请检查是否重复粘贴；一本规则集用不到这么多。")),
    "too_many_participations": (
        N_("这份算例共有 %(found)s 次参与，太多了。"),
        N_("请减少 repeat 或拆成几份，一份最多 %(limit)s 次。"),
    ),
    "too_many_problems": (N_("问题太多，后面的没有列出。"), N_("请先改好前面的；也许这不是一本规则集。")),
    "too_deep": (N_("层级过深。"), N_("规则集最多 %(limit)s 层，请检查缩进和括号。")),
    "not_yaml": (N_("不是有效的 YAML：%(found)s。"), N_("请检查这一行及上一行的缩进、冒号和引号。")),
    "no_document": (N_("文本里没有内容。"), N_("请从示例规则集复制一份，再逐条修改。")),
    "several_documents": (N_("文本里有不止一份文档。"), N_("一份文本只写一本规则集，请删去多余的“---”。")),
    "alias": (N_("不使用锚点与引用（& 和 *）。"), N_("请把内容原样写出来，让读者不用来回查找。")),
    "tag": (N_("不使用类型标签（!）。"), N_("请直接写值。")),
    "bad_key": (N_("键必须是一个词。"), N_("请写成“键：值”。")),
    "duplicate_key": (
        N_("键“%(key)s”重复，第 %(first)s 行已经写过。"),
        N_("请只保留一处；两个值只有一个会生效。"),
    ),
    "unknown_key": (N_("不认识键“%(key)s”。"), N_("这里可以写：%(allowed)s。")),
    "unknown_key_like": (N_("不认识键“%(key)s”。"), N_("是不是想写“%(like)s”？")),
    "missing_key": (N_("缺少“%(key)s”。"), N_("请补上“%(key)s: …”；每一条都要写明。")),
    "unknown_kind": (N_("不认识条款种类“%(found)s”。"), N_("可以写：%(allowed)s。")),
    "unknown_value": (N_("“%(found)s”不是这里可用的值。"), N_("可以写：%(allowed)s。")),
    "not_text": (N_("这里应当是文字。"), N_("请写一段文字；像数字或日期的文字加引号。")),
    "empty_text": (N_("文字是空的。"), N_("请写明内容。")),
    "not_integer": (N_("这里应当是整数。"), N_("请写不带小数点和引号的整数。")),
    "not_boolean": (N_("这里应当是 true 或 false。"), N_("请写 true 或 false。")),
    "not_date": (N_("这里应当是日期。"), N_("请写成 2026-09-01 的样子，不加引号。")),
    "day_out_of_range": (
        N_("日期 %(found)s 超出范围。"),
        N_("请写 %(first)s 至 %(last)s 之间的日期；长期有效的规则也请写明截止日，到期再续。"),
    ),
    "not_list": (N_("这里应当是列表。"), N_("请每项一行，以“- ”开头。")),
    "not_mapping": (N_("这里应当是“键：值”。"), N_("请写成若干行“键：值”。")),
    "too_small": (N_("数值太小：%(found)s。"), N_("最小是 %(limit)s。")),
    "too_large": (N_("数值太大：%(found)s。"), N_("最大是 %(limit)s。")),
    "empty_list": (N_("列表是空的。"), N_("请至少写一项，或删去这个键。")),
    "bad_identifier": (
        N_("编号“%(found)s”不合规定。"),
        N_("请用小写字母开头，只含小写字母、数字和下划线，不超过 40 个字符。"),
    ),
    "bad_book_id": (
        N_("规则集编号“%(found)s”不合规定。"),
        N_("请用小写字母、数字和连字符，例如 nanshan-2027，不超过 40 个字符。"),
    ),
    "id_taken": (N_("规则集编号“%(id)s”已经用过。"), N_("请换一个编号；台账靠编号找到当时的规则。")),
    "bad_pattern": (N_("“%(found)s”的写法不对。"), N_("请对照示例规则集的写法。")),
    "bad_value": (N_("“%(found)s”不能用在这里。"), N_("请对照示例规则集的写法。")),
    "credits_not_a_number": (N_("这里应当是学分数。"), N_("请写 0.5、2 这样的数，不加引号。")),
    "credits_too_fine": (N_("学分最多两位小数。"), N_("请取整到 0.01 学分。")),
    "credits_not_positive": (N_("学分必须大于 0。"), N_("请写正数；不给学分的情形不必写条款。")),
    "credits_too_large": (N_("学分太大：%(found)s。"), N_("最大是 %(limit)s，请检查小数点。")),
    "years_anchor": (
        N_("跨学年的窗口要有且只有一个起点。"),
        N_("请写 starting（如 2025-2026）或 from_grade 其中之一。"),
    ),
    "dwell_measure": (
        N_("停留条件要有且只有一种量法。"),
        N_("请写 at_least_minutes（分钟）或 at_least_percent（占计划时长的百分比）其中之一。"),
    ),
    "grades_reversed": (N_("年级范围前后颠倒。"), N_("请让 first 不大于 last。")),
    "steps_one_way": (N_("分档条款的写法不完整。"), N_("请写 every 和 credits，或者只写 thresholds。")),
    "thresholds_not_rising": (N_("各档门槛没有逐档升高。"), N_("请从低到高排列 reach，不要重复。")),
    "term_reversed": (N_("失效日期早于生效日期。"), N_("请让 until 不早于 effective_on。")),
    "duplicate_id": (N_("编号“%(id)s”用了两次。"), N_("请换一个编号；台账靠编号找到条款。")),
    "unknown_category": (N_("没有类别“%(category)s”。"), N_("可以写：%(allowed)s。")),
    "category_without_amount": (
        N_("类别“%(category)s”没有给分条款。"),
        N_("请加一条 fixed、per_hour 或 by_level 条款，或删去这个类别。"),
    ),
    "clause_without_amount": (
        N_("条款“%(one)s”管的参与没有给分条款，永远用不上。"),
        N_("请检查 for 里的类别、角色和场馆层级，或删去这一条。"),
    ),
    "amounts_overlap": (
        N_("给分条款“%(one)s”与“%(other)s”管着同样的参与。"),
        N_("请在 for 里用类别、角色或场馆层级把两条分开：一次参与只按一条给分。"),
    ),
    "caps_cross": (
        N_("上限“%(one)s”与“%(other)s”交叉，谁也不包含谁。"),
        N_("请让其中一条在类别、时间和计数对象上都落在另一条之内；交叉的上限分不清先扣哪一条。"),
    ),
    "caps_equal": (N_("“%(one)s”与“%(other)s”限制的是同样的参与。"), N_("请只保留较低的一条。")),
    "cap_never_reached": (
        N_("上限“%(one)s”（%(own)s）高于它所在的上限“%(other)s”（%(outer)s），永远用不上。"),
        N_("请把“%(one)s”降到 %(outer)s 以下，或删去它。"),
    ),
    "steps_twice": (N_("“%(one)s”与“%(other)s”对同样的参与分档两次。"), N_("请只保留一条 steps。")),
    "count_never_reached": (
        N_("次数限制“%(one)s”（%(own)s 次）宽于它所在的“%(other)s”（%(outer)s 次），永远用不上。"),
        N_("请把“%(one)s”降到 %(outer)s 以下，或删去它。"),
    ),
    "targets_overlap": (
        N_("%(grade)s 年级有两个目标：“%(one)s”与“%(other)s”。"),
        N_("请让每个年级只属于一个目标。"),
    ),
    "target_above_cap": (
        N_("目标“%(one)s”（%(own)s）高于上限“%(other)s”（%(outer)s），没有人能达标。"),
        N_("请降低目标或提高上限。"),
    ),
    "too_many_categories": (
        N_("要求 %(own)s 个类别，而规则集只有 %(outer)s 个。"),
        N_("请把要求降到 %(outer)s 以内。"),
    ),
    "quota_without_scope": (N_("“%(one)s”没有写明管哪些参与。"), N_("请在 for 里写明类别、角色或场馆层级。")),
}
"""For each code: what is wrong, and what to write instead."""
