"""Student cards of a class: who has one, new ones in one click, sheets to print; of one pupil: ``pupil_cards``.

Whoever hands out sign-ins hands out cards: the homeroom teacher for the class, the counselor for the school.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from credit_app import clock
from credit_app.errors import Conflict, DomainError, NotFound
from credit_app.extensions import db
from credit_app.faces import downloads
from credit_app.faces.card_sheets import PrintedCard, card_sheets
from credit_app.faces.fonts import ChineseFont, chinese_font
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.organisations.models import School
from credit_app.schools import queries as schools
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.actions import issue_cards
from credit_app.schools.cards.number import card_number
from credit_app.schools.cards.queries import equipped_by_class, equipped_without_class, latest_cards
from credit_app.schools.cards.token import card_token
from credit_app.schools.models import Student

FIELDS = "name,number,card"


class NoFont(DomainError):
    """No font on the server can draw Chinese."""

    code, status = "no_font", 503
    message = _l(
        "这台服务器没有中文字体，暂时不能生成学生卡。"
        "请管理员安装 fonts-noto-cjk，或用 CREDIT_APP_CARD_FONT 指定一个字体文件。"
    )


@dataclass(frozen=True, kw_only=True)
class CardGroup:
    """A class, or the pupils of a grade who have no class yet, with the card of each (open, else the last one)."""

    kind: str
    id: str
    name: str
    class_name: str
    school: School
    lines: list[tuple[Student, StudentCard | None]]

    @property
    def with_card(self) -> list[tuple[Student, StudentCard]]:
        """Those who can be scanned at a door."""
        return [(student, card) for student, card in self.lines if card is not None and card.revoked_at is None]


@blueprint.get("/cards")
@requires(*STAFF)
def card_groups() -> str | AnyResponse:
    """The classes whose cards the user looks after: those led, and for a counselor the whole school."""
    day, user = clock.today(), this_user()
    classes = schools.led_classes_of(db.session, user=user, day=day)
    school, without_class = None, {}
    if entered_as("science_counselor"):
        school = schools.school_for_counselor(db.session, user=user, day=day)
        homerooms = (c for c in schools.classes_of_school(db.session, school=school, day=day) if c.kind == "homeroom")
        classes = list(homerooms)
        without_class = equipped_without_class(db.session, school=school, day=day)
    elif len(classes) == 1:
        return redirect(url_for("teacher.card_group", kind="class", group_id=classes[0].public_id))
    return render_template(
        "teacher/cards_groups.html",
        school=school,
        classes=classes,
        counts=equipped_by_class(db.session, classes=classes, day=day),
        without_class=without_class,
    )


@blueprint.get("/cards/<any(class, grade):kind>/<group_id>")
@requires(*STAFF)
def card_group(kind: str, group_id: str) -> str:
    """Who has a card, since when, and what became of the others."""
    group = _group(kind, group_id)
    note_access(f"cards_{kind}", group_id, FIELDS)
    return render_template("teacher/cards.html", group=group)


@blueprint.post("/cards/<any(class, grade):kind>/<group_id>")
@requires(*STAFF)
def issue_group_cards(kind: str, group_id: str) -> AnyResponse:
    """Everybody of the group who had none has a card."""
    group = _group(kind, group_id)
    students = [student for student, _card in group.lines]
    made = issue_cards(db.session, students=students, issued_by=this_user(), now=clock.now())
    db.session.commit()
    if made:
        flash(_("已发 %(count)s 张新卡，请打印后发给学生。", count=made), "success")
    else:
        flash(_("人人都已经有卡，没有新发。"), "info")
    return redirect(url_for("teacher.card_group", kind=kind, group_id=group_id), 303)


@blueprint.get("/cards/<any(class, grade):kind>/<group_id>/sheets.pdf")
@requires(*STAFF)
def card_sheets_file(kind: str, group_id: str) -> Response:
    """Cards of the pupils chosen by ``person`` (of all who have one when none is), ten an A4 sheet, to be cut out.

    Raises: NoFont (503) without a font; Conflict (409) when none of them has a card.
    """
    group, now = _group(kind, group_id), clock.now()
    chosen = set(request.args.getlist("person"))
    cards = [(student, card) for student, card in group.with_card if not chosen or student.public_id in chosen]
    if not cards:
        raise Conflict(_("选中的学生还没有卡，请先发卡。"))
    font = font_of_cards()
    note_access(f"cards_{kind}", group_id, FIELDS)
    title = _("%(school)s-%(name)s-学生卡", school=group.school.name, name=group.name)
    content = card_sheets([_printed(group, *each) for each in cards], font=font, title=title, now=now)
    return downloads.attachment(content, name=f"{title}-{clock.today().isoformat()}", suffix="pdf")


def font_of_cards() -> ChineseFont:
    """The font that cards are printed in. Raises: NoFont when there is none."""
    font = chinese_font(current_app.config["SETTINGS"].card_font)
    if font is None:
        raise NoFont
    return font


def _group(kind: str, group_id: str) -> CardGroup:
    """The group, for those who may hand out its cards. Raises: NotFound for everybody else."""
    day, user = clock.today(), this_user()
    if kind == "class":
        school_class = schools.led_class_for(db.session, user=user, public_id=group_id, day=day)
        students: Sequence[Student] = schools.students_of_class(db.session, school_class=school_class, day=day)
        name = class_name = school_class.name
        school = school_class.school
        if school_class.kind != "homeroom":
            raise NotFound
    else:
        school = schools.school_for_counselor(db.session, user=user, day=day)
        places = schools.pupils_without_class(db.session, school=school, day=day)
        students = [place.student for place in places if str(place.grade) == group_id]
        name, class_name = _("%(grade)s 年级，暂无班级", grade=group_id), _("%(grade)s 年级", grade=group_id)
        if not students:
            raise NotFound
    cards = latest_cards(db.session, students=students)
    lines = [(student, cards.get(student.id)) for student in students]
    return CardGroup(kind=kind, id=group_id, name=name, class_name=class_name, school=school, lines=lines)


def _printed(group: CardGroup, student: Student, card: StudentCard) -> PrintedCard:
    return printed_card(student, card, school=group.school.name, class_name=group.class_name)


def printed_card(student: Student, card: StudentCard, *, school: str, class_name: str) -> PrintedCard:
    """What is printed on the pupil's card."""
    return PrintedCard(
        name=student.name,
        school=school,
        class_name=class_name,
        token=card_token(card.card_id, card.generation),
        number=card_number(card.card_id, card.generation),
    )
