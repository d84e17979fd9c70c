"""Reading reviews."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from credit_app.recognition.models import WorksheetReview


def latest_reviews(session: Session, *, attendance_ids: Collection[int]) -> dict[int, WorksheetReview]:
    """attendance id → its newest review, with who decided."""
    newest = (
        select(func.max(WorksheetReview.id))
        .where(WorksheetReview.attendance_id.in_(attendance_ids))
        .group_by(WorksheetReview.attendance_id)
    )
    reviews = session.scalars(
        select(WorksheetReview).where(WorksheetReview.id.in_(newest)).options(joinedload(WorksheetReview.decided_by))
    )
    return {review.attendance_id: review for review in reviews}
