"""Rosters made up for tests and benches: OneRoster 1.1 CSV of a school nobody goes to, with any fault one likes."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS = {
    "manifest": "propertyName value",
    "academicSessions": "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear",
    "orgs": "sourcedId status dateLastModified name type identifier parentSourcedId",
    "courses": "sourcedId status dateLastModified schoolYearSourcedId title courseCode grades orgSourcedId subjects"
    " subjectCodes",
    "classes": "sourcedId status dateLastModified title grades courseSourcedId classCode classType location"
    " schoolSourcedId termSourcedIds subjects subjectCodes periods",
    "users": "sourcedId status dateLastModified enabledUser orgSourcedIds role username userIds givenName familyName"
    " middleName identifier email sms phone agentSourcedIds grades password",
    "enrollments": "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role primary"
    " beginDate endDate",
}
TABLES = ("academicSessions", "orgs", "courses", "classes", "users", "enrollments")
NAMES = "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚"
FAMILIES = "王李张刘陈杨赵黄周吴"

Row = dict[str, str]


@dataclass
class RosterSet:
    """Rows by table, to be added to, taken from and changed; `files` or `zip` writes them down."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})
    modes: dict[str, str] = field(default_factory=lambda: dict.fromkeys(TABLES, "bulk"))
    version: str = "1.1"

    def add(self, table: str, source_id: str, **cells: str) -> Row:
        row = {"sourcedId": source_id, **cells}
        self.rows[table].append(row)
        return row

    def row(self, table: str, source_id: str) -> Row:
        """The one row of this sourcedId, to be changed in place."""
        [found] = [row for row in self.rows[table] if row["sourcedId"] == source_id]
        return found

    def without(self, table: str, *source_ids: str) -> None:
        self.rows[table] = [row for row in self.rows[table] if row["sourcedId"] not in source_ids]

    def school(self, source_id: str = "S1", name: str = "海天学校", identifier: str = "haitian") -> None:
        self.add("orgs", source_id, name=name, type="school", identifier=identifier)

    def school_class(
        self,
        source_id: str,
        title: str,
        *,
        grades: str = "",
        kind: str = "homeroom",
        course: str = "",
        school: str = "S1",
    ) -> None:
        self.add(
            "classes",
            source_id,
            title=title,
            grades=grades,
            classType=kind,
            courseSourcedId=course,
            schoolSourcedId=school,
            termSourcedIds="T1",
        )

    def pupil(self, source_id: str, name: str, *, grade: str = "05", username: str | None = None, **cells: str) -> Row:
        """`name` is family name and given name apart by a space."""
        return self._user(source_id, "student", name, username, {"grades": grade, **cells})

    def teacher(self, source_id: str, name: str, *, username: str | None = None, **cells: str) -> Row:
        return self._user(source_id, "teacher", name, username, cells)

    def _user(self, source_id: str, role: str, name: str, username: str | None, cells: Mapping[str, str]) -> Row:
        family, _, given = name.partition(" ")
        standard = {
            "enabledUser": "true",
            "orgSourcedIds": "S1",
            "role": role,
            "username": username if username is not None else source_id.lower(),
            "familyName": family,
            "givenName": given,
        }
        return self.add("users", source_id, **{**standard, **cells})

    def enrol(self, person: str, school_class: str, *, role: str = "student", **cells: str) -> Row:
        return self.add(
            "enrollments",
            f"{person}@{school_class}",
            **{"classSourcedId": school_class, "schoolSourcedId": "S1", "userSourcedId": person, "role": role, **cells},
        )

    def shuffled(self, seed: int) -> RosterSet:
        """The same rows in another order."""
        order = random.Random(seed)
        rows = {table: order.sample(rows, len(rows)) for table, rows in self.rows.items()}
        return RosterSet(rows, dict(self.modes), self.version)

    def texts(self, *, extra: Iterable[str] = ()) -> dict[str, str]:
        """The text of each file; `extra` columns are added to every table, filled with something."""
        manifest = [
            {"propertyName": "manifest.version", "value": "1.0"},
            {"propertyName": "oneroster.version", "value": self.version},
            *({"propertyName": f"file.{table}", "value": mode} for table, mode in self.modes.items()),
        ]
        texts = {"manifest.csv": _csv("manifest", manifest, ())}
        for table in TABLES:
            if self.modes[table] != "absent":
                texts[f"{table}.csv"] = _csv(table, self.rows[table], tuple(extra))
        return texts

    def files(
        self, *, newline: str = "\r\n", bom: bool = False, final_newline: bool = True, extra: Iterable[str] = ()
    ) -> dict[str, bytes]:
        written = {}
        for name, whole in self.texts(extra=extra).items():
            text = whole if final_newline else whole.rstrip("\n")
            written[name] = text.replace("\n", newline).encode("utf-8-sig" if bom else "utf-8")
        return written

    def zip(self, *, folder: str = "", **how: bool | str) -> bytes:
        return zipped({folder + name: content for name, content in self.files(**how).items()})  # type: ignore[arg-type]

    def write_to(self, folder: Path, **how: bool | str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files(**how).items():  # type: ignore[arg-type]
            (folder / name).write_bytes(content)
        return folder


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _csv(table: str, rows: Iterable[Row], extra: tuple[str, ...]) -> str:
    stream = io.StringIO()
    columns = [*COLUMNS[table].split(), *extra]
    writer = csv.DictWriter(stream, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({**row, **dict.fromkeys(extra, "x")} for row in rows)
    return stream.getvalue()


def small_school() -> RosterSet:
    """Five pupils, two homerooms, a teaching group, three teachers, one course; the year's own calendar."""
    roster = RosterSet()
    roster.add(
        "academicSessions",
        "T1",
        title="2026-2027",
        type="schoolYear",
        startDate="2026-09-01",
        endDate="2027-07-09",
        schoolYear="2027",
    )
    roster.school()
    roster.add("courses", "SCI", title="科学", orgSourcedId="S1")
    roster.school_class("C51", "五年级1班", grades="05", course="HR")
    roster.school_class("C61", "六年级1班", grades="06", course="HR")
    roster.add("courses", "HR", title="班级", orgSourcedId="S1")
    roster.school_class("G1", "科学社", kind="scheduled", course="SCI")
    roster.teacher("T-lin", "林 老师")
    roster.teacher("T-fan", "范 老师")
    roster.teacher("T-gu", "顾 老师")
    for source_id, name, grade, school_class, number in (
        ("P1", "曾 小雨", "05", "C51", "0501"),
        ("P2", "欧阳 明", "05", "C51", "0502"),
        ("P3", "单 文", "05", "C51", "0503"),
        ("P4", "王 芳", "06", "C61", "0601"),
        ("P5", "李 强", "06", "C61", "0602"),
    ):
        roster.pupil(source_id, name, grade=grade, identifier=number)
        roster.enrol(source_id, school_class, beginDate="2026-09-01", endDate="2027-07-09")
    for pupil in ("P1", "P4"):
        roster.enrol(pupil, "G1", beginDate="2026-09-01", endDate="2027-07-09")
    roster.enrol("T-lin", "C51", role="teacher", primary="true")
    roster.enrol("T-fan", "C51", role="teacher", primary="false")
    roster.enrol("T-fan", "C61", role="teacher", primary="true")
    roster.enrol("T-gu", "G1", role="teacher", primary="true")
    return roster


def without_homerooms() -> RosterSet:
    """The small school, whose classes are groups of the course HR."""
    roster = small_school()
    for source_id in ("C51", "C61"):
        roster.row("classes", source_id)["classType"] = "scheduled"
    return roster


def large_school(pupils: int, *, groups_each: int = 8, class_size: int = 45) -> RosterSet:
    """A school of `pupils`, each in a homeroom and in `groups_each` teaching groups; a teacher for every 15 pupils."""
    roster, draw = RosterSet(), random.Random(pupils)
    roster.add(
        "academicSessions",
        "T1",
        title="2026-2027",
        type="schoolYear",
        startDate="2026-09-01",
        endDate="2027-07-09",
        schoolYear="2027",
    )
    roster.school()
    for course in range(groups_each):
        roster.add("courses", f"K{course}", title=f"课程{course}", orgSourcedId="S1")
    teachers = [f"T{number:04}" for number in range(pupils // 15 + 1)]
    for teacher in teachers:
        roster.teacher(teacher, f"{draw.choice(FAMILIES)} {draw.choice(NAMES)}")
    for number in range(pupils):
        class_number, grade = number // class_size, number // class_size % 9 + 1
        class_id, source_id = f"C{class_number:04}", f"P{number:06}"
        if number % class_size == 0:
            roster.school_class(class_id, f"{grade}年级{class_number // 9 + 1}班", grades=f"{grade:02}")
            roster.enrol(draw.choice(teachers), class_id, role="teacher", primary="true")
            for course in range(groups_each):
                group = f"G{class_number:04}-{course}"
                roster.school_class(
                    group, f"课程{course} {class_id}", grades=f"{grade:02}", kind="scheduled", course=f"K{course}"
                )
                roster.enrol(draw.choice(teachers), group, role="teacher", primary="true")
        name = f"{draw.choice(FAMILIES)} {draw.choice(NAMES)}{draw.choice(NAMES)}"
        roster.pupil(source_id, name, grade=f"{grade:02}", identifier=f"{number:06}")
        roster.enrol(source_id, class_id, beginDate="2026-09-01")
        for course in range(groups_each):
            roster.enrol(source_id, f"G{class_number:04}-{course}", beginDate="2026-09-01")
    return roster
