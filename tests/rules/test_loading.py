"""A book is read strictly: each slip is refused with its line and with what to write instead."""

from __future__ import annotations

import re

import pytest

from credit_app.rules.book import BookError, Problem, load_book
from credit_app.rules.problems import SENTENCES
from tests.rules.making import BOOKS, sample, sample_text


def refusals(text: str) -> list[Problem]:
    """The problems for which `text` is refused."""
    with pytest.raises(BookError) as error:
        load_book(text)
    return error.value.problems


def line_of(text: str, part: str) -> int:
    """The line on which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1


def slip(old: str, new: str, at: str = "") -> tuple[list[Problem], int]:
    """The refusals of the default book with its first `old` written as `new`, and the line of `at` (or of `new`)."""
    text = sample_text()
    assert old in text
    slipped = text.replace(old, new, 1)
    return refusals(slipped), line_of(slipped, at or new)


# The slip of the pen, the problem's code, a parameter of it, and where it is told (by default where the slip is).
SLIPS = [
    ("    at_least_minutes: 45", "    at_least_minuts: 45", "unknown_key_like", {"like": "at_least_minutes"}, ""),
    ("sample: true", "colour: red", "unknown_key", {"key": "colour"}, ""),
    ("  name: 学分\n", "", "missing_key", {"key": "name"}, "  name_en: credit"),
    ("    text: 在场馆停留不少于 45 分钟。\n", "", "missing_key", {"key": "text"}, "- id: visit_stay"),
    ("    source: 示例；停留时长", "    text_de: 示例；停留时长", "missing_key", {"key": "source"}, "- id: visit_stay"),
    ("    kind: dwell\n", "", "missing_key", {"key": "kind"}, "- id: visit_stay"),
    ("    kind: dwell\n", "    kind: dwells\n", "unknown_kind", {"found": "dwells"}, "- id: visit_stay"),
    ("text: 在场馆停留不少于 45 分钟。", "text: ''", "empty_text", {}, ""),
    ("text: 在场馆停留不少于 45 分钟。", "text: 45", "not_text", {}, ""),
    ("    window: day\n", "    window: week\n", "unknown_value", {"found": "week"}, ""),
    ("    window: day\n", "    window: {years: 3}\n", "years_anchor", {}, ""),
    ("    window: day\n", "    window: {years: 1, from_grade: 7}\n", "too_small", {"limit": 2}, ""),
    ("    per: venue\n", "    per: school\n", "unknown_value", {"found": "school"}, ""),
    ("    count: 1\n", "    count: 0\n", "too_small", {"found": "0", "limit": 1}, ""),
    ("    count: 1\n", "    count: -1\n", "too_small", {"found": "-1"}, ""),
    ("    count: 1\n", "    count: '1'\n", "not_integer", {}, ""),
    ("    count: 1\n", "    count: 1.5\n", "not_integer", {}, ""),
    ("credits: 1.5\n", "credits: 0\n", "credits_not_positive", {}, ""),
    ("credits: 1.5\n", "credits: -1.5\n", "credits_not_positive", {}, ""),
    ("credits: 1.5\n", "credits: 1.505\n", "credits_too_fine", {}, ""),
    ("credits: 1.5\n", "credits: '1.5'\n", "credits_not_a_number", {}, ""),
    ("credits: 1.5\n", "credits: true\n", "credits_not_a_number", {}, ""),
    ("at_least_percent: 80", "at_least_percent: 101", "too_large", {"limit": 100}, ""),
    ("at_least_percent: 80", "at_least_minutes: 0", "too_small", {"limit": 1}, ""),
    ("    at_least_percent: 80\n", "", "dwell_measure", {}, "- id: course_stay"),
    (
        "at_least_percent: 80",
        "at_least_percent: 80\n    at_least_minutes: 45",
        "dwell_measure",
        {},
        "- id: course_stay",
    ),
    ("    first: 5\n    last: 9\n", "    first: 9\n    last: 5\n", "grades_reversed", {}, "- id: guide_grade"),
    ("{first: 1, last: 2}", "{first: 2, last: 1}", "grades_reversed", {}, ""),
    ("{first: 1, last: 2}", "{first: 0, last: 2}", "too_small", {}, ""),
    ("id: visit_stay", "id: 停留", "bad_identifier", {"found": "停留"}, ""),
    ("id: sample-2026", "id: Sample 2026", "bad_book_id", {"found": "Sample 2026"}, ""),
    ("effective_on: 2025-09-01", "effective_on: 2025-02-30", "not_date", {}, ""),
    ("effective_on: 2025-09-01", "effective_on: '2025-09-01'", "not_date", {}, ""),
    ("until: 2028-08-31", "until: 2025-08-31", "term_reversed", {}, "id: sample-2026"),
    ("until: 2028-08-31", "until: 9999-12-31", "day_out_of_range", {"last": "2199-12-31"}, ""),
    ("effective_on: 2025-09-01", "effective_on: 1999-12-31", "day_out_of_range", {"first": "2000-01-01"}, ""),
    ("credits: 1.5\n", "credits: 10000.01\n", "credits_too_large", {"limit": 10000, "found": "10000.01"}, ""),
    ("id: sample-2026", "id: ''", "bad_book_id", {"found": ""}, ""),
    ("sample: true", "sample: yes", "not_boolean", {}, ""),
    ("levels: {done: 2.0, excellent: 3.0}", "levels: {}", "empty_list", {}, ""),
    ("{done: 2.0,", "{Done: 2.0,", "bad_identifier", {"found": "Done"}, ""),
    ("accepts: [staff_scan,", "accepts: [staff,", "unknown_value", {"found": "staff"}, ""),
    ("accepts: [staff_scan, roll_call]", "accepts: []", "empty_list", {}, ""),
    ("unit:\n  name: 学分\n  name_en: credit\n", "unit: 学分\n", "not_mapping", {}, ""),
]


@pytest.mark.parametrize(("old", "new", "code", "params", "at"), SLIPS, ids=[f"{each[1][:40]!r}" for each in SLIPS])
def test_a_slip_is_told_where_it_stands(old: str, new: str, code: str, params: dict[str, object], at: str) -> None:
    problems, line = slip(old, new, at)
    told = [problem for problem in problems if problem.code == code]
    assert [problem.line for problem in told] == [line]
    assert params.items() <= told[0].params.items()


def test_the_problem_says_what_is_wrong_and_what_to_write() -> None:
    (problem,), line = slip("credits: 1.5\n", "credits: 1.505\n")
    assert str(problem) == f"{line}:14 学分最多两位小数。 请取整到 0.01 学分。"


def test_the_problem_is_told_in_the_readers_language() -> None:
    (problem,), _ = slip("    count: 1\n", "    count: 0\n")
    english = {problem.what: "The number is too small: %(found)s.", problem.instead: "The smallest is %(limit)s."}
    assert problem.what_in(english.__getitem__) == "The number is too small: 0."
    assert problem.instead_in(english.__getitem__) == "The smallest is 1."


def test_a_repeated_key_is_told_with_the_line_of_the_first() -> None:
    (problem,), line = slip("    count: 1\n", "    count: 1\n    count: 2\n", "    count: 2\n")
    assert (problem.code, problem.line, problem.params) == ("duplicate_key", line, {"key": "count", "first": line - 1})


def test_all_slips_are_told_at_once_in_the_order_of_the_text() -> None:
    text = sample_text().replace("sample: true", "sample: yes").replace("    count: 1\n", "    count: 0\n", 1)
    assert [problem.code for problem in refusals(text)] == ["not_boolean", "too_small"]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "no_document", 1),
        ("# nothing but a comment\n", "no_document", 1),
        ("- 1\n", "not_mapping", 1),
        ("just words\n", "not_mapping", 1),
        ("id: a\ntitle: [1\nsource: x\n", "not_yaml", 3),
        ("id: a\n\ttitle: b\n", "not_yaml", 2),
        ("id: a\x00\n", "not_yaml", 1),
        ("id: a\n---\nid: b\n", "several_documents", 2),
        ("id: a\ntitle: &x b\nsource: *x\n", "alias", 2),
        ("id: a\ntitle: *x\n", "alias", 2),
        ("id: a\n<<: *x\n", "alias", 2),
        ("id: !!python/object:os.system a\n", "tag", 1),
        ("id: a\n? [1, 2]\n: b\n", "bad_key", 2),
        ("id: " + "[" * 300, "too_deep", 1),
    ],
)
def test_what_is_no_plain_yaml_is_refused(text: str, code: str, line: int) -> None:
    problem = refusals(text)[0]
    assert (problem.code, problem.line) == (code, line)


def test_a_text_that_is_too_long_is_refused_before_it_is_read() -> None:
    (problem,) = refusals(sample_text() + "#" * 130_000)
    assert (problem.code, problem.params["limit"]) == ("too_long", 128)


def test_the_largest_credits_and_the_last_day_are_taken() -> None:
    text = sample_text().replace("until: 2028-08-31", "until: 2199-12-31", 1)
    assert load_book(text.replace("credits: 20.0\n", "credits: 10000\n", 1)).until.year == 2199


def test_who_made_too_many_slips_is_told_the_first_hundred_and_that_there_are_more() -> None:
    problems = refusals("clauses: [" + "{a: 1}, " * 500 + "]")
    assert (len(problems), problems[-1].code) == (101, "too_many_problems")
    many = "".join(
        f"  - {{id: c{at}, kind: cap, window: day, per: venue, credits: 9, text: x, source: y}}\n" for at in range(90)
    )
    assert len(refusals(sample_text().replace("\ntargets:", f"\n{many}\ntargets:", 1))) == 100


def test_more_clauses_than_anybody_reads_are_refused() -> None:
    many = "".join(f"  - {{id: c{at}, kind: at_venue, text: x, source: y}}\n" for at in range(300))
    (problem,) = refusals(sample_text().replace("\ntargets:", f"\n{many}\ntargets:", 1))
    assert (problem.code, problem.params) == ("too_many_items", {"limit": 300})


def test_every_sentence_has_the_punctuation_of_its_language() -> None:
    """Half-width marks between Chinese words look like a slip of the program's own."""
    half_width = re.compile(r"[\u4e00-\u9fff”）][,:;()!?]|[,:;()!?][\u4e00-\u9fff“（]")
    # What stands in quotation marks is a piece of YAML.
    bare = [re.sub(r"“[^”]*”|%\(\w+\)s", "字", text) for pair in SENTENCES.values() for text in pair]
    assert [text for text in bare if half_width.search(text)] == []


def test_every_sentence_can_be_filled_with_what_its_problem_carries() -> None:
    asked = {code: set(re.findall(r"%\((\w+)\)s", "".join(pair))) for code, pair in SENTENCES.items()}
    for old, new, *_ in SLIPS:
        for problem in refusals(sample_text().replace(old, new, 1)):
            assert asked[problem.code] <= set(problem.params), problem.code


def test_the_sample_is_the_scheme_and_says_that_it_is_a_sample() -> None:
    book = sample()
    assert book.sample is True
    assert (book.effective_on.isoformat(), book.until.isoformat()) == ("2025-09-01", "2028-08-31")
    assert (book.unit.name, book.unit.name_en) == ("学分", "credit")
    assert [category.id for category in book.categories] == [
        "venue_visit",
        "inquiry_course",
        "lecture",
        "club_festival",
        "online_learning",
        "research_project",
        "competition",
        "volunteer_guide",
    ]


def test_every_clause_of_the_sample_speaks_both_languages_and_names_its_source() -> None:
    book = sample()
    for clause in (*book.clauses, *book.targets, book.breadth, book.second_semester, book.outlook):
        assert clause is not None
        assert clause.source
        assert clause.text_in("zh") == clause.text
        assert clause.text_in("en") == clause.text_en != ""


def test_the_text_of_a_clause_without_english_is_shown_in_chinese() -> None:
    old = "    text_en: The stay lasts at least 45 minutes.\n"
    clause = load_book(sample_text().replace(old, "")).clause("visit_stay")
    assert clause.text_in("en") == "在场馆停留不少于 45 分钟。"


def test_a_category_is_titled_in_the_readers_language() -> None:
    assert sample().category_title("lecture") == "科普讲座"
    assert sample().category_title("lecture", "zh_Hans_CN") == "科普讲座"
    assert sample().category_title("lecture", "en") == "Science lecture"
    assert sample().category_title("unheard_of", "en") == "unheard_of"


def test_the_term_holds_on_its_first_and_last_day() -> None:
    book = sample()
    days = (book.effective_on, book.until)
    assert [book.covers(day) for day in days] == [True, True]
    assert [book.covers(day.fromordinal(day.toordinal() + step)) for day, step in zip(days, (-1, 1), strict=True)] == [
        False,
        False,
    ]


def test_the_books_of_the_program_are_all_valid() -> None:
    for path in BOOKS.glob("*.yaml"):
        if not path.name.endswith(".cases.yaml"):
            assert load_book(path.read_text(encoding="utf-8")).id == path.stem
