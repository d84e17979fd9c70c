"""Tables of being there: presence and its scans, the devices at the door, and what waits for a person."""

from credit_app.attendance.models.devices import Device, DeviceEnrolment, DeviceRefusal
from credit_app.attendance.models.groups import Headcount, RollCall, RollCallMark
from credit_app.attendance.models.holds import Hold
from credit_app.attendance.models.presence import Attendance, AttendanceDecision, RefusedCode, ScanEvent, ScanUndo

__all__ = [
    "Attendance",
    "AttendanceDecision",
    "Device",
    "DeviceEnrolment",
    "DeviceRefusal",
    "Headcount",
    "Hold",
    "RefusedCode",
    "RollCall",
    "RollCallMark",
    "ScanEvent",
    "ScanUndo",
]
