"""Opening a roster: what is one is read, whatever it looks like; what is none is refused in so many words."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from credit_app.schools.roster.problems import RosterRefused
from credit_app.schools.roster.reading import read_roster
from credit_app.schools.roster.records import Roster
from credit_app.schools.roster.source import Limits, open_bytes, open_path
from tests.schools.roster_set import small_school, zipped


def read(content: bytes, name: str = "roster.zip") -> Roster:
    return read_roster(open_bytes(content, name=name))


def refusal(content: bytes, name: str = "roster.zip") -> RosterRefused:
    with pytest.raises(RosterRefused) as refused:
        read(content, name)
    assert refused.value.status == 422
    return refused.value


def code_of(content: bytes, name: str = "roster.zip") -> str:
    return refusal(content, name).problems[0].code


@pytest.mark.parametrize(
    "how",
    [
        {"bom": True},
        {"bom": False},
        {"newline": "\n"},
        {"newline": "\r"},
        {"final_newline": False},
        {"extra": ("metadata.colour", "metadata.jp.kana")},
        {"bom": True, "newline": "\r\n", "final_newline": False, "extra": ("metadata.x",)},
    ],
    ids=str,
)
def test_the_same_roster_however_it_is_written(how: dict[str, object]) -> None:
    roster = read(small_school().zip(**how))  # type: ignore[arg-type]
    assert [person.name for person in roster.people] == [
        "曾小雨", "欧阳明", "单文", "王芳", "李强", "范老师", "顾老师", "林老师",
    ]  # fmt: skip
    assert roster.problems == []


def test_in_a_folder_of_the_zip_beside_what_a_mac_adds() -> None:
    files = {f"名单 2026/{name}": content for name, content in small_school().files().items()}
    files |= {f"__MACOSX/名单 2026/._{name}": b"\x00\x05\x16\x07" for name in small_school().files()}
    files["__MACOSX/users.csv"] = b"rubbish"
    assert len(read(zipped(files)).people) == 8


def test_file_names_in_any_case() -> None:
    files = {name.upper(): content for name, content in small_school().files().items()}
    assert len(read(zipped(files)).people) == 8


def test_as_a_folder(tmp_path: Path) -> None:
    folder = small_school().write_to(tmp_path / "export")
    assert len(read_roster(open_path(folder)).people) == 8


def test_a_link_in_the_folder_leads_nowhere(tmp_path: Path) -> None:
    folder = small_school().write_to(tmp_path / "export")
    outside = tmp_path / "outside.csv"
    (folder / "users.csv").rename(outside)
    (folder / "users.csv").symlink_to(outside)
    with pytest.raises(RosterRefused):
        open_path(folder)


def test_utf_16_with_its_mark() -> None:
    files = {name: content.decode().encode("utf-16") for name, content in small_school().files().items()}
    assert len(read(zipped(files)).people) == 8


def test_gbk_is_refused_and_the_file_named_with_the_way_out() -> None:
    files = small_school().files()
    files["users.csv"] = files["users.csv"].decode().encode("gbk")
    found = refusal(zipped(files))
    assert found.problems[0].code == "charset_gbk"
    assert "users.csv" in str(found.message)
    assert "GBK" in str(found.message)
    assert "CSV UTF-8" in str(found.message)


def test_bytes_of_no_charset_are_refused_otherwise() -> None:
    files = small_school().files()
    files["users.csv"] += b"\xff\x80\xff"
    assert code_of(zipped(files)) == "charset_unknown"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"sourcedId,status\n", "users.csv"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "roster.xls"),
        (b"", "roster.zip"),
        (b"<html>502</html>", "roster.zip"),
        (small_school().zip()[:-300], "roster.zip"),
    ],
    ids=["one table", "a workbook", "nothing", "a web page", "half a download"],
)
def test_what_is_no_zip(content: bytes, name: str) -> None:
    assert code_of(content, name) == "not_a_zip"


def test_one_table_is_told_to_bring_the_others() -> None:
    assert "manifest.csv" in str(refusal(b"sourcedId,status\n", "users.csv").message)


def test_a_damaged_zip() -> None:
    content = bytearray(small_school().zip())
    content[80:140] = b"\xff" * 60
    assert code_of(bytes(content)) in {"not_a_zip", "zip_damaged"}


def test_a_bomb_is_refused_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({**small_school().files(), "results.csv": b"0" * 20_000_000})
    assert len(bomb) < 40_000

    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("the bomb was opened")

    monkeypatch.setattr(zipfile.ZipFile, "open", never)
    assert code_of(bomb) == "zip_bomb"


def test_too_many_entries() -> None:
    assert code_of(zipped({f"{number}.txt": b"" for number in range(501)})) == "zip_bomb"


def test_a_zip_that_lies_about_its_size_gives_no_more_than_it_declares() -> None:
    """The directory declares 10 bytes for a table of many; nothing beyond them is believed."""
    content = bytearray(small_school().zip())
    at = content.rindex(b"users.csv") - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    assert code_of(bytes(content)) in {"not_a_zip", "zip_damaged"}


def test_more_than_a_roster_may_hold(tmp_path: Path) -> None:
    folder = small_school().write_to(tmp_path / "export")
    with pytest.raises(RosterRefused) as refused:
        open_path(folder, limits=Limits(total_bytes=1000))
    assert refused.value.problems[0].code == "zip_bomb"


@pytest.mark.parametrize("name", ["../users.csv", "/etc/users.csv", "C:\\users.csv", "a\\..\\..\\users.csv"])
def test_names_that_lead_out_of_the_zip(name: str) -> None:
    assert code_of(zipped({**small_school().files(), name: b"x"})) == "zip_suspicious"


def test_a_locked_zip() -> None:
    content = bytearray(small_school().zip())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 1)
    assert code_of(bytes(content)) == "zip_locked"


def test_two_rosters_in_one_zip() -> None:
    files = {f"{folder}/{name}": content for folder in "ab" for name, content in small_school().files().items()}
    assert code_of(zipped(files)) == "several_rosters"


def test_a_zip_of_something_else() -> None:
    found = refusal(zipped({"holiday.jpg": b"x"}))
    assert found.problems[0].code == "no_roster"
    assert "holiday.jpg" in str(found.message)


def test_changes_only_are_refused_since_the_others_would_seem_to_have_left() -> None:
    roster = small_school()
    roster.modes["users"] = "delta"
    assert code_of(roster.zip()) == "delta"


def test_a_later_version_is_named() -> None:
    roster = small_school()
    roster.version = "1.2"
    assert code_of(roster.zip()) == "version"


def test_without_a_manifest_the_files_are_taken_as_whole_and_the_preview_says_so() -> None:
    files = small_school().files()
    del files["manifest.csv"]
    roster = read(zipped(files))
    assert len(roster.people) == 8
    assert [problem.code for problem in roster.problems] == ["manifest_missing"]


def test_the_manifest_of_a_well_known_exporter() -> None:
    """Its own version is written "1", which the standard's examples write "1.0"."""
    files = small_school().files()
    files["manifest.csv"] = files["manifest.csv"].replace(b"manifest.version,1.0", b"manifest.version,1")
    assert read(zipped(files)).problems == []


def test_a_table_that_the_manifest_calls_absent_is_unknown_not_empty() -> None:
    roster = small_school()
    roster.modes["enrollments"] = "absent"
    assert read(roster.zip()).memberships is None


def test_a_table_announced_and_not_there_is_an_error_and_unknown() -> None:
    files = small_school().files()
    del files["enrollments.csv"]
    roster = read(zipped(files))
    assert roster.memberships is None
    assert [(problem.code, problem.level) for problem in roster.problems] == [("file_missing", "error")]


def test_without_users_there_is_no_roster() -> None:
    roster = small_school()
    roster.modes["users"] = "absent"
    assert code_of(roster.zip()) in {"users_missing", "no_roster"}


def test_tables_with_a_heading_and_nothing_else() -> None:
    roster = small_school()
    roster.rows["enrollments"].clear()
    roster.rows["courses"].clear()
    assert read(roster.zip()).memberships == []


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b"", "file_empty"),
        (b"\r\n", "file_empty"),
        (b"sourcedId;role;username\r\n1;student;a\r\n", "delimiter"),
        (b"sourcedId,role\r\n1,student\r\n", "columns_needed"),
        (b"sourcedId,role,role,orgSourcedIds,username,givenName,familyName\r\n", "column_twice"),
        (b'sourcedId,orgSourcedIds,role,username,givenName,familyName\r\n1,S1,student,"a,b,c\r\n', "csv_broken"),
    ],
)
def test_a_table_whose_heading_or_quotes_are_broken_refuses_the_whole(broken: bytes, code: str) -> None:
    files = small_school().files()
    files["users.csv"] = broken
    found = refusal(zipped(files))
    assert [problem.code for problem in found.problems] == [code]
    assert "users.csv" in found.problems[0].text + found.problems[0].file


def test_every_reason_is_told_at_once() -> None:
    files = small_school().files()
    files["users.csv"] = b"a,b\r\n"
    files["classes.csv"] = files["classes.csv"].decode().encode("gbk")
    assert {problem.code for problem in refusal(zipped(files)).problems} == {"columns_needed", "charset_gbk"}


def test_columns_in_another_order_and_case() -> None:
    files = small_school().files()
    lines = files["users.csv"].decode().split("\r\n")
    turned = [",".join(reversed(line.split(","))) for line in lines if line]
    turned[0] = turned[0].upper()
    files["users.csv"] = "\r\n".join(turned).encode()
    assert read(zipped(files)).people == read(small_school().zip()).people


def test_a_zip_may_store_without_packing() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in small_school().files().items():
            archive.writestr(name, content)
    assert len(read(stream.getvalue()).people) == 8
