"""The shapes of the interface to programs, as JSON Schema. What devices send comes from the models that check it, so
that the two cannot differ."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from credit_app.attendance.answers import TEXTS
from credit_app.attendance.door_items import Batch, Enrolment, Item, Undo

REF = "#/components/schemas/"
TEXT, WHOLE, YES_NO = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
NO_TEXT = {"type": ["string", "null"]}
SENT_BY_DEVICES: tuple[type[BaseModel], ...] = (Enrolment, Item, Batch, Undo)


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = (), more: bool = False) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": more}


def list_of(schema: dict[str, Any]) -> dict[str, Any]:
    """An array of it."""
    return {"type": "array", "items": schema}


def ref(name: str) -> dict[str, Any]:
    """The shape of that name."""
    return {"$ref": REF + name}


def doors() -> dict[str, Any]:
    """How one may enter."""
    return {
        "device": {"type": "apiKey", "in": "header", "name": "X-Device"},
        "signature": {"type": "apiKey", "in": "header", "name": "X-Device-Signature"},
        "session": {"type": "apiKey", "in": "cookie", "name": "session"},
        "screen": {"type": "apiKey", "in": "header", "name": "X-Screen-Pass"},
    }


def schemas() -> dict[str, Any]:
    """Every shape by its name."""
    _map, sent = models_json_schema([(shape, "validation") for shape in SENT_BY_DEVICES], ref_template=REF + "{model}")
    # Taken one by one, so that one broken item spoils no other; meant to be Items all the same.
    sent["$defs"]["Batch"]["properties"]["items"]["items"] = ref("Item")
    pupil = _object({"name": TEXT, "class": TEXT, "school": TEXT, "number": NO_TEXT})
    step = _object({"clause": TEXT, "code": TEXT, "sentence": TEXT}, more=True)
    entry = _object({"kind": TEXT, "centicredits": WHOLE, "reason": TEXT, "why": TEXT, "recorded_at": TEXT}, more=True)
    return sent["$defs"] | {
        "Status": {"type": "string", "enum": sorted(TEXTS)},
        "Problem": _object({"status": TEXT, "message": TEXT}),
        "Answer": _object({"status": ref("Status"), "title": TEXT, "next_step": TEXT}, more=True),
        "Pupil": pupil,
        "Receipt": _object(
            {
                "client_uid": TEXT,
                "status": ref("Status"),
                "title": TEXT,
                "next_step": TEXT,
                "good": YES_NO,
                "final": YES_NO,
                "receipt": TEXT,
                "pupil": {"oneOf": [ref("Pupil"), {"type": "null"}]},
            },
            more=True,
        ),
        "Taken": _object({"server_ms": WHOLE, "receipts": list_of(ref("Receipt")), "lost": WHOLE}),
        "Enrolled": _object({"device": TEXT, "name": TEXT, "organiser": TEXT, "server_ms": WHOLE}),
        "Occurrence": _occurrence(),
        "Occurrences": _object({"server_ms": WHOLE, "occurrences": list_of(ref("Occurrence"))}),
        "Bundle": _bundle(),
        "Codes": _codes(),
        "RollCall": _roll_call(),
        "Called": _object(
            {"status": TEXT, "again": YES_NO, "client_uid": TEXT, "present": WHOLE, "absent": WHOLE},
            more=True,
        ),
        "Participation": _object(
            {
                "id": TEXT,
                "title": TEXT,
                "category": TEXT,
                "occurs_on": {"type": "string", "format": "date"},
                "state": {"enum": ["awarded", "refused", "pending", "held", "voided"]},
                "centicredits": WHOLE,
                "rule_set": NO_TEXT,
                "clause": NO_TEXT,
                "reason": TEXT,
                "source": NO_TEXT,
                "steps": list_of(step),
                "missing": {"type": "array"},
                "entries": list_of(entry),
            }
        ),
    }


def _occurrence() -> dict[str, Any]:
    texts, times = ("id", "handle", "title", "room"), ("starts_ms", "ends_ms", "opens_ms", "leaves_ms")
    numbers = ("grade_from", "grade_to", "came", "inside")
    return _object(
        dict.fromkeys(texts, TEXT)
        | dict.fromkeys((*times, *numbers), WHOLE)
        | {"capacity": {"type": ["integer", "null"]}, "status": {"enum": ["scheduled", "closed", "cancelled"]}}
    )


def _bundle() -> dict[str, Any]:
    people = {"type": "object", "additionalProperties": TEXT}
    return _object(
        {
            "bundle": TEXT,
            "server_ms": WHOLE,
            "valid_until_ms": WHOLE,
            "occurrences": list_of(ref("Occurrence")),
            "card_keys": list_of(_object({"id": WHOLE, "key": TEXT})),
            "revoked": list_of(TEXT),
            "roster": _object({"salt": TEXT, "people": people, "complete": YES_NO}),
        }
    )


def _codes() -> dict[str, Any]:
    code = _object({"slot": WHOLE, "starts_in_ms": WHOLE, "url": TEXT, "rows": list_of(TEXT)}, more=True)
    return _object(
        {
            "server_ms": WHOLE,
            "slot_seconds": WHOLE,
            "door": TEXT,
            "notice": TEXT,
            "inside": WHOLE,
            "came": WHOLE,
            "codes": list_of(code),
        },
        more=True,
    )


def _roll_call() -> dict[str, Any]:
    """What a teacher's page sends; its marks are told apart by the program, with words for each that is wrong."""
    return _object({"occurrence": TEXT, "class": TEXT, "client_uid": TEXT}, optional=("client_uid",), more=True)
