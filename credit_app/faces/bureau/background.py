"""What the machine did without being asked, in the reader's words: each job's last run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _

from credit_app.operations.models import JobRun

# How long each job may be silent before somebody should look whether the worker is running at all.
LONGEST_SILENCE = {
    "close_ended_occurrences": timedelta(hours=1),
    "ask_about_signals": timedelta(hours=1),
    "credit_waiting_results": timedelta(hours=3),
    "verify_ledger": timedelta(hours=26),
    "take_ledger_root": timedelta(hours=26),
    "settle_years": timedelta(hours=1),
    "purge_expired": timedelta(hours=26),
    "revoke_leavers_cards": timedelta(hours=26),
    "work_off_rule_changes": timedelta.max,  # silent for as long as nobody asks for anything
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job for the page: `tone` is that of a badge."""

    title: str
    run_at: datetime | None
    outcome: str
    tone: str
    report: str


def job_lines(runs: Mapping[str, JobRun], *, now: datetime) -> list[JobLine]:
    """Every job, with its last run or the fact that it never ran. `runs` by the job's name."""
    titles = {
        "close_ended_occurrences": _("自动结束过时的场次"),
        "credit_waiting_results": _("补认定等待规则的成果"),
        "verify_ledger": _("核对学分台账"),
        "take_ledger_root": _("签署台账日根"),
        "settle_years": _("生成学年结算名单"),
        "ask_about_signals": _("查看异常的签到"),
        "purge_expired": _("清理过期的登录"),
        "revoke_leavers_cards": _("停用离校学生的学生卡"),
        "work_off_rule_changes": _("规则模拟和重新认定"),
    }
    return [_line(name, titles[name], runs.get(name), now) for name in LONGEST_SILENCE]


def _line(name: str, title: str, run: JobRun | None, now: datetime) -> JobLine:
    if run is None:
        return JobLine(title, None, _("还没有运行过"), "quiet", "")
    if run.outcome == "failed":
        return JobLine(title, run.started_at, _("失败"), "bad", _("请联系系统管理员：%(report)s", report=run.report))
    if now - run.started_at > LONGEST_SILENCE[name]:
        return JobLine(title, run.started_at, _("很久没有运行"), "warn", _("后台程序可能没有启动，请联系系统管理员。"))
    if run.outcome == "running":
        return JobLine(title, run.started_at, _("进行中"), "info", "")
    return JobLine(title, run.started_at, _("完成"), "good", _report(name, run.figures))


def _report(name: str, figures: Mapping[str, int]) -> str:
    if name == "close_ended_occurrences":
        if not figures.get("closed"):
            return _("没有需要结束的场次。")
        return _(
            "结束了 %(closed)s 场，其中 %(assumed)s 人没有签退、离场待确认。",
            closed=figures["closed"],
            assumed=figures.get("ends_assumed", 0),
        )
    if name == "credit_waiting_results":
        return _("补认定了 %(count)s 项成果。", count=figures.get("posted", 0))
    if name == "revoke_leavers_cards":
        return _("停用了 %(count)s 张卡。", count=figures.get("revoked", 0))
    if name == "verify_ledger":
        return _("全部核对无误。")
    if name == "work_off_rule_changes":
        return _("办理了 %(count)s 批。", count=figures.get("steps", 0))
    if name == "take_ledger_root":
        if not figures.get("taken"):
            return _("当天的日根已经签署。")
        return _(
            "已签署，覆盖 %(accounts)s 个账户、%(entries)s 条记录。",
            accounts=figures["accounts"],
            entries=figures["entries"],
        )
    if name == "ask_about_signals":
        return _("提出了 %(count)s 条待核实。", count=figures.get("raised", 0))
    if name == "settle_years":
        return _settled(figures.get("settled", 0))
    return _("清理了 %(count)s 条记录。", count=sum(figures.values()))


def _settled(years: int) -> str:
    return _("生成了 %(count)s 个区的学年结算名单。", count=years) if years else _("没有待生成的名单。")
