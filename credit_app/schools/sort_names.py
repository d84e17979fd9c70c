"""Pinyin to sort Chinese names by: no database here sorts Chinese by itself."""

# not translated: characters and their readings
from __future__ import annotations

# Surnames whose reading differs from the character's commonest one.
_SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao", "盖": "ge",
    "乐": "yue", "翟": "zhai", "覃": "qin", "秘": "bi", "折": "she", "召": "shao", "种": "chong", "繁": "po",
    "员": "yun", "句": "gou", "洗": "xian", "么": "yao", "祭": "zhai", "宓": "fu", "缪": "miao", "单于": "chan yu",
}  # fmt: skip


def sort_name(name: str) -> str:
    """The toneless pinyin of `name`, syllables apart by spaces; letters of other scripts stay, in lower case.

    A character without a known reading stays itself and sorts after the others: a rare name must never stop a roster.
    """
    # Loading its dictionaries takes half a second, which only those who enter names should wait for.
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    name = " ".join(name.split())
    surname = next((given for given in (name[:2], name[:1]) if given in _SURNAMES), "")
    syllables = [_SURNAMES[surname]] if surname and len(name) > len(surname) else []
    syllables += lazy_pinyin(name[len(surname) :] if syllables else name)
    return " ".join(" ".join(syllables).replace("·", " ").casefold().split())
