"""Districts, schools and venues as an administrator sets them up."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.organisations import actions, queries
from credit_app.organisations.models import District, Venue


@pytest.fixture
def district(db_session: Session) -> District:
    return actions.create_district(db_session, code="nanshan", name="南山区")


def _venue(session: Session, district: District, name: str, head: Venue | None = None) -> Venue:
    return actions.create_venue(
        session, district=district, name=name, kind="science_museum", tier="grassroots", parent_venue=head
    )


def test_two_districts_cannot_share_a_code(db_session: Session, district: District) -> None:
    with pytest.raises(Conflict) as refused:
        actions.create_district(db_session, code=" nanshan ", name="另一个区")
    assert refused.value.field == "code"


def test_a_school_code_is_unique_in_the_whole_city(db_session: Session, district: District) -> None:
    other = actions.create_district(db_session, code="futian", name="福田区")
    actions.create_school(db_session, district=district, code="haitian", name="海天学校")
    with pytest.raises(Conflict):
        actions.create_school(db_session, district=other, code="haitian", name="海天实验学校")


def test_a_school_needs_a_name_that_fits_on_a_slip(db_session: Session, district: District) -> None:
    for name in ("", "   ", "长" * 81):
        with pytest.raises(InvalidInput) as refused:
            actions.create_school(db_session, district=district, code="haitian", name=name)
        assert refused.value.field == "name"


def test_a_school_is_found_by_the_code_people_type(db_session: Session, district: District) -> None:
    school = actions.create_school(db_session, district=district, code="haitian", name="海天学校")
    assert queries.school_named(db_session, " haitian ") is school
    with pytest.raises(NotFound, match="haitan"):
        queries.school_named(db_session, "haitan")


def test_a_venue_has_a_known_kind_and_tier(db_session: Session, district: District) -> None:
    for kind, tier, field in (("zoo", "lead", "kind"), ("botanical", "gold", "tier")):
        with pytest.raises(InvalidInput) as refused:
            actions.create_venue(db_session, district=district, name="海湾科技馆", kind=kind, tier=tier)
        assert refused.value.field == field


def test_a_branch_stands_under_its_head(db_session: Session, district: District) -> None:
    head = _venue(db_session, district, "总馆")
    branch = _venue(db_session, district, "分馆", head)
    assert branch.parent_venue is head
    assert queries.branches(db_session, head) == [branch]


def test_a_head_venue_cannot_be_a_branch_of_its_own_branch(db_session: Session, district: District) -> None:
    head = _venue(db_session, district, "总馆")
    branch = _venue(db_session, district, "分馆", head)
    branch_of_branch = _venue(db_session, district, "社区点", branch)
    for below in (head, branch, branch_of_branch):
        with pytest.raises(InvalidInput) as refused:
            actions.place_under(db_session, venue=head, parent_venue=below)
        assert refused.value.field == "parent_venue"
    assert head.parent_venue is None


def test_a_branch_may_become_a_venue_of_its_own(db_session: Session, district: District) -> None:
    head = _venue(db_session, district, "总馆")
    branch = _venue(db_session, district, "分馆", head)
    actions.place_under(db_session, venue=branch, parent_venue=None)
    assert queries.branches(db_session, head) == []
