"""The sentences for every code of the rules, as Chinese msgids with %(name)s parameters.

No translation happens here: the face passes its own gettext to `say`. Codes and parameters are what is stored;
sentences can be reworded at any time without touching an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credit_app.rules.trace import Step

Value = int | str


def N_(message: str) -> str:  # noqa: N802 (the name that the extractor of messages knows)
    """`message` itself: marks it for the catalogue."""
    return message


def credits_text(centicredits: int) -> str:
    """Credits as people write them: 50 → "0.5", 100 → "1", 1050 → "10.5", -25 → "-0.25"."""
    whole, hundredths = divmod(abs(centicredits), 100)
    fraction = f".{hundredths:02d}".rstrip("0") if hundredths else ""
    return f"{'-' if centicredits < 0 else ''}{whole}{fraction}"


def fill(sentence: str, params: Mapping[str, Value]) -> str:
    """`sentence` with its parameters put in; a sentence without parameters may hold a bare percent sign."""
    return sentence % params if params else sentence


STEPS: dict[str, str] = {
    # Conditions
    "dwell_met": N_("停留 %(had)s 分钟，达到要求的 %(needs)s 分钟"),
    "dwell_too_short": N_("停留 %(had)s 分钟，未达到要求的 %(needs)s 分钟"),
    "no_check_out": N_("尚未签退"),
    "end_assumed": N_("离场时间是系统代填的，需要工作人员确认"),
    "grade_met": N_("%(grade)s 年级，在 %(first)s–%(last)s 年级范围内"),
    "grade_not_eligible": N_("%(grade)s 年级，不在 %(first)s–%(last)s 年级范围内"),
    "role_met": N_("参与身份符合要求"),
    "role_not_eligible": N_("参与身份不符合要求"),
    "tier_met": N_("场馆层级符合要求"),
    "tier_not_eligible": N_("场馆层级不符合要求"),
    "at_venue_met": N_("在场馆现场参加"),
    "not_at_venue": N_("不在场馆现场"),
    "proof_met": N_("签到方式为%(proof)s，符合要求"),
    "proof_too_weak": N_("签到方式为%(proof)s，证明力不足"),
    "worksheet_met": N_("学习单已通过"),
    "worksheet_missing": N_("学习单%(worksheet)s"),
    "worksheet_refused": N_("学习单未通过"),
    "evidence_met": N_("证明材料已通过审核"),
    "evidence_missing": N_("证明材料%(evidence)s"),
    "evidence_refused": N_("证明材料未通过审核"),
    "listed_met": N_("属于名单内赛事"),
    "not_listed": N_("不属于名单内赛事"),
    # Amounts
    "amount_fixed": N_("基准 %(credits)s 学分"),
    "amount_per_hour": N_("满 %(hours)s 小时，每小时 %(each)s，共 %(credits)s 学分"),
    "no_full_hour": N_("不满 1 小时"),
    "amount_by_level": N_("按“%(level)s”计 %(credits)s 学分"),
    "level_not_listed": N_("“%(level)s”不在计分等级之列"),
    "level_missing": N_("等级尚未评定"),
    # Limits
    "first_time": N_("首次参加，计入"),
    "same_activity": N_("同一活动已计过，不重复计分"),
    "repeated": N_("同一项目已计过，不重复计分"),
    "within_count": N_("第 %(nth)s 次，上限 %(limit)s 次"),
    "per_day_limit": N_("当天已计满 %(limit)s 次"),
    "per_venue_limit": N_("在同一场馆已计满 %(limit)s 次"),
    "count_limit": N_("已计满 %(limit)s 次"),
    "first_result": N_("首个成绩，全额计入"),
    "highest_only": N_("同一赛事只取最高成绩：此前已计 %(best)s，本次补计 %(credits)s 学分"),
    "step_reached": N_("累计 %(gathered)s，达到一档，计 %(credits)s 学分"),
    "step_not_reached": N_("累计 %(gathered)s，尚未达到下一档"),
    "within_cap": N_("此前已计 %(used)s，上限 %(cap)s"),
    "category_cap": N_("本类别上限 %(cap)s 学分，此前已计 %(used)s，本次计 %(credits)s"),
    "year_cap": N_("学年总上限 %(cap)s 学分，此前已计 %(used)s，本次计 %(credits)s"),
    "amount_cap": N_("累计上限 %(cap)s，此前已计 %(used)s，本次计 %(credits)s"),
}
"""What a step of the trace says."""

REASONS: dict[str, str] = {
    "dwell_too_short": N_("停留时间不足"),
    "no_check_out": N_("尚未签退"),
    "end_assumed": N_("离场时间待确认"),
    "grade_not_eligible": N_("年级不符合要求"),
    "role_not_eligible": N_("参与身份不符合要求"),
    "tier_not_eligible": N_("场馆层级不符合要求"),
    "not_at_venue": N_("不在场馆现场"),
    "proof_too_weak": N_("签到方式的证明力不足"),
    "worksheet_missing": N_("学习单尚未通过"),
    "worksheet_refused": N_("学习单未通过"),
    "evidence_missing": N_("证明材料尚未通过审核"),
    "evidence_refused": N_("证明材料未通过审核"),
    "not_listed": N_("不属于名单内赛事"),
    "no_full_hour": N_("不满 1 小时"),
    "level_not_listed": N_("等级不在计分之列"),
    "level_missing": N_("等级尚未评定"),
    "same_activity": N_("同一活动不重复计分"),
    "repeated": N_("同一项目不重复计分"),
    "per_day_limit": N_("当天次数已满"),
    "per_venue_limit": N_("同一场馆次数已满"),
    "count_limit": N_("次数已满"),
    "highest_only": N_("同一赛事只取最高成绩"),
    "step_not_reached": N_("尚未达到下一档"),
    "category_cap": N_("本类别学分已达上限"),
    "year_cap": N_("学年学分已达上限"),
    "amount_cap": N_("累计学分已达上限"),
    "category_not_listed": N_("规则集不含这一类别"),
}
"""Why less than the full amount came out."""

MISSING: dict[str, str] = {
    "stay_longer": N_("再停留 %(minutes)s 分钟即可"),
    "stay_and_check_out": N_("停留 %(minutes)s 分钟并签退即可"),
    "check_out": N_("离开时请签退"),
    "confirm_end": N_("请工作人员或带队教师确认离场时间"),
    "hand_in_worksheet": N_("请提交学习单"),
    "wait_for_worksheet": N_("学习单正在审核"),
    "revise_worksheet": N_("请修改学习单后重新提交"),
    "hand_in_evidence": N_("请提交证明材料"),
    "wait_for_evidence": N_("证明材料正在审核"),
    "wait_for_level": N_("等待评定等级"),
    "wait_for_grade": N_("%(grade)s 年级起可以参加"),
    "stronger_proof": N_("下次请由工作人员扫码、教师点名，或自行扫码并签退"),
    "listed_competition": N_("名单内赛事才计分"),
    "go_to_venue": N_("到场馆现场参加才计分"),
    "other_venue": N_("换一家场馆可以继续得分"),
    "other_day": N_("改天再来可以继续得分"),
    "other_activity": N_("参加别的活动可以继续得分"),
    "other_category": N_("参加别的类别可以继续得分"),
    "other_kind": N_("参加别的活动可以继续得分"),
    "higher_level": N_("取得更高等级可以补计差额"),
    "next_year": N_("下学年重新计算"),
    "gather_on": N_("再累计 %(missing)s 即达到下一档"),
}
"""What would earn more."""

WORTH = N_("%(advice)s，可得 %(credits)s 学分")
"""Around a sentence of `MISSING`, where it is known what would be earned then."""

TERMS: dict[str, dict[str, str]] = {
    "proof": {
        "staff_scan": N_("工作人员扫码"),
        "roll_call": N_("教师点名"),
        "self_scan": N_("自行扫码"),
        "declared": N_("自主申报"),
    },
    "worksheet": {"none": N_("尚未提交"), "submitted": N_("正在审核"), "returned": N_("已退回修改")},
    "evidence": {"none": N_("尚未提交"), "submitted": N_("正在审核")},
    "level": {
        "entry": N_("参赛"),
        "district": N_("区级"),
        "city": N_("市级"),
        "province": N_("省级"),
        "nation": N_("国家级"),
        "done": N_("完成"),
        "excellent": N_("优秀"),
    },
}
"""Words that stand as codes in parameters."""

_CREDIT_PARAMS = frozenset({"each", "best", "used", "cap", "gathered", "next", "missing"})


def sentence(step: Step) -> tuple[str, dict[str, str]]:
    """The msgid for `step`, of a trace or of what is missing, and its parameters as texts.

    Words among the parameters are msgids themselves; `say` translates them too.
    """
    params = {name: _param_text(name, value) for name, value in step.params.items()}
    params["credits"] = credits_text(step.after)
    return (MISSING.get(step.code) or STEPS[step.code]), params


def say(step: Step, translate: Callable[[str], str]) -> str:
    """The whole sentence for `step` in the reader's language; `translate` is the face's gettext."""
    msgid, params = sentence(step)
    for name, words in TERMS.items():
        if name in step.params and step.params[name] in words:
            params[name] = translate(words[str(step.params[name])])
    told = translate(msgid) % params
    if step.code in MISSING and step.after:
        return translate(WORTH) % {"advice": told, "credits": params["credits"]}
    return told


def reason_sentence(code: str) -> str:
    """The msgid that says why less than the full amount came out."""
    return REASONS[code]


def _param_text(name: str, value: Value) -> str:
    if isinstance(value, str):
        return TERMS.get(name, {}).get(value, value)
    return credits_text(value) if name in _CREDIT_PARAMS else str(value)
