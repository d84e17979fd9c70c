"""Opening a roster: a zip or a folder of CSV files, told apart from everything that only looks like one.

Nothing is unpacked to disk. What a zip declares is added up before the first byte is read, and no more is read than
was declared; a name is only ever compared, never opened, so that it cannot lead elsewhere.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar

from flask_babel import gettext as _

from credit_app.schools.roster.problems import RosterRefused, refused
from credit_app.schools.roster.tables import MANIFEST, TABLES

MIB = 1024 * 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a roster may hold. A school's is a few MiB; a whole district's, by command, some hundreds."""

    total_bytes: int = 64 * MIB
    entries: int = 500
    ratio: int = 100
    ratio_matters_from_bytes: int = 4 * MIB
    rows: int = 2_000_000


UPLOAD_LIMITS = Limits()
COMMAND_LIMITS = Limits(total_bytes=1024 * MIB, rows=20_000_000)


@dataclass(frozen=True, slots=True)
class RosterFiles:
    """The files of a roster by their name in lower case, such as ``users.csv``; `name` is what to call the whole."""

    name: str
    content: Mapping[str, bytes]
    limits: Limits


def open_path(path: Path, *, limits: Limits = COMMAND_LIMITS) -> RosterFiles:
    """The roster in a folder or a zip file on this machine. Raises: RosterRefused."""
    if path.is_dir():
        return _from_folder(path, limits)
    if not path.is_file():
        raise refused("no_such_path", _("找不到 %(path)s。", path=str(path)), _("请检查路径。"))
    with path.open("rb") as stream:
        return open_zip(stream, name=path.name, limits=limits)


def open_zip(stream: BinaryIO, *, name: str, limits: Limits = UPLOAD_LIMITS) -> RosterFiles:
    """The roster in a zip. Raises: RosterRefused when it is none, is damaged, locked or a bomb, or holds no roster."""
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            refuse_bomb(entries, name, limits)
            chosen = _roster_entries({entry.filename: entry for entry in entries}, name)
            content = {file: content_of(archive, entry) for file, entry in chosen.items()}
    except zipfile.BadZipFile as damaged:
        raise _not_a_zip(stream, name) from damaged
    except (NotImplementedError, zlib.error, EOFError, RuntimeError) as unreadable:
        raise refused(
            "zip_damaged",
            _("压缩包 %(name)s 已损坏或使用了不支持的压缩方式。", name=name),
            _("请用系统自带的“压缩为 zip”重新打包，不要加密码。"),
            file=name,
        ) from unreadable
    return RosterFiles(name, content, limits)


def open_bytes(content: bytes, *, name: str, limits: Limits = UPLOAD_LIMITS) -> RosterFiles:
    """The roster in an uploaded zip. Raises: RosterRefused as `open_zip`."""
    return open_zip(io.BytesIO(content), name=name, limits=limits)


def _from_folder(folder: Path, limits: Limits) -> RosterFiles:
    # A link in the folder may point anywhere on this machine, so links are no part of a roster.
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*.[cC][sS][vV]"))
        if path.is_file() and not path.is_symlink()
    }
    if len(files) > limits.entries or sum(path.stat().st_size for path in files.values()) > limits.total_bytes:
        raise _too_large(folder.name, limits)
    chosen = _roster_entries(files, folder.name)
    return RosterFiles(folder.name, {file: path.read_bytes() for file, path in chosen.items()}, limits)


def refuse_bomb(entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    """Nothing, for a zip that declares a reasonable content. Raises: RosterRefused before a byte of it is unpacked."""
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    dense = total > limits.ratio_matters_from_bytes and total > packed * limits.ratio
    if len(entries) > limits.entries or total > limits.total_bytes or dense:
        raise _too_large(name, limits)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise refused(
            "zip_locked", _("压缩包 %(name)s 设有密码。", name=name), _("请重新打包，不要加密码。"), file=name
        )
    if any(_leads_out(entry.filename) for entry in entries):
        raise refused(
            "zip_suspicious",
            _("压缩包 %(name)s 里有指向包外的文件名。", name=name),
            _("请重新打包，只放名单的 CSV 文件。"),
            file=name,
        )


def _leads_out(filename: str) -> bool:
    path = PurePosixPath(filename.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0]


def content_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What the entry holds. Raises: BadZipFile when that is not as much as it declares."""
    # A forged header may declare less than the entry unpacks to: one byte more than declared is never kept.
    with archive.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile(entry.filename)
    return content


def _roster_entries(files: Mapping[str, T], name: str) -> dict[str, T]:
    """Of `files` by path, those of the one folder that holds a roster, by their own name in lower case."""
    folders: dict[PurePosixPath, dict[str, T]] = {}
    for filename, file in files.items():
        path = PurePosixPath(filename.replace("\\", "/"))
        own_name = path.name.lower()
        if own_name in _KNOWN_FILES and "__macosx" not in (part.lower() for part in path.parts):
            folders.setdefault(path.parent, {})[own_name] = file
    complete = [folder for folder, found in folders.items() if "users.csv" in found]
    if len(complete) > 1:
        raise refused(
            "several_rosters",
            _("%(name)s 里有不止一份名单：%(folders)s。", name=name, folders=", ".join(sorted(map(str, complete)))),
            _("请一次只导入一份。"),
            file=name,
        )
    if not complete:
        raise _no_roster(name, files)
    return folders[complete[0]]


_KNOWN_FILES = frozenset(f"{table}.csv" for table in (MANIFEST, "roles", *TABLES))


def _no_roster(name: str, files: Mapping[str, object]) -> RosterRefused:
    shown = ", ".join(sorted(files)[:5]) or _("没有文件")
    return refused(
        "no_roster",
        _("%(name)s 里没有 OneRoster 名单，至少要有 users.csv（现有：%(files)s）。", name=name, files=shown),
        _("请从教务系统导出 OneRoster 1.1 的 CSV，把所有 CSV 文件一起打成一个 zip。"),
        file=name,
    )


def _not_a_zip(stream: BinaryIO, name: str) -> RosterRefused:
    stream.seek(0)
    if name.lower().endswith(".csv"):
        remedy = _("请把 manifest.csv、orgs.csv、users.csv、classes.csv、enrollments.csv 等一起打成一个 zip 再导入。")
    elif stream.read(4) == b"\xd0\xcf\x11\xe0" or name.lower().endswith((".xls", ".xlsx")):
        remedy = _("这是 Excel 工作簿。请从教务系统导出 OneRoster 1.1 的 CSV 压缩包。")
    else:
        remedy = _("请选择教务系统导出的 OneRoster 压缩包（.zip），或重新打包。")
    return refused("not_a_zip", _("%(name)s 不是 zip 压缩包，或已损坏。", name=name), remedy, file=name)


def _too_large(name: str, limits: Limits) -> RosterRefused:
    return refused(
        "zip_bomb",
        _("%(name)s 解开后过大或文件过多，没有打开它。", name=name),
        _(
            "一份名单解开后不超过 %(mib)s MB、%(entries)s 个文件；请只放名单的 CSV 文件。",
            mib=limits.total_bytes // MIB,
            entries=limits.entries,
        ),
        file=name,
    )
