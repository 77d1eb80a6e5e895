"""A commit is followed by the word which tables of which organisation it changed, and by nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError

from perenne.hub.infra.changes import Change
from perenne.hub.infra.database import Database
from perenne.hub.infra.installation import write_fact
from perenne.hub.sites.tables import SiteRow
from perenne.kit.ids import new_id
from perenne.testing.hubs import HubInProcess, hub_in_process

Told = list[frozenset[Change]]


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as hub:
        with hub.hub.database.transaction() as session:
            session.add_all([_site("acme", name) for name in ("lyon", "nice")] + [_site("rival", "bern")])
        yield hub


@pytest.fixture
def told(it: HubInProcess) -> Told:
    heard: Told = []
    it.hub.database.change_listeners.append(heard.append)
    return heard


def _site(organisation: str, slug: str) -> SiteRow:
    return SiteRow(id=f"sit_{slug}", organisation_id=organisation, slug=slug, name=slug, time_zone="UTC")


def _values(organisation: str, slug: str) -> dict[str, object]:
    row = _site(organisation, slug)
    return {name: getattr(row, name) for name in ("id", "organisation_id", "slug", "name", "time_zone")}


ACME: Change = ("acme", "sites")
RIVAL: Change = ("rival", "sites")
BOTH = frozenset({ACME, RIVAL})


def test_rows_that_are_added_changed_and_removed_are_told(it: HubInProcess, told: Told) -> None:
    for act in ("add", "change", "remove"):
        with it.hub.database.transaction() as session:
            if act == "add":
                session.add(_site("acme", "metz"))
            else:
                row = session.get_one(SiteRow, "sit_metz")
                session.delete(row) if act == "remove" else setattr(row, "name", "Metz")
    assert told == [frozenset({ACME})] * 3


STATEMENTS = {
    "insert with rows": (insert(SiteRow), [_values("acme", "a"), _values("rival", "b")], BOTH),
    "insert with values": (insert(SiteRow).values(**_values("rival", "c")), {}, {RIVAL}),
    "insert of many": (insert(SiteRow).values([_values("acme", "d"), _values("rival", "e")]), {}, BOTH),
    "update of one organisation": (
        update(SiteRow).where(SiteRow.organisation_id == "acme", SiteRow.slug == "lyon").values(name="x"),
        {},
        {ACME},
    ),
    "update by named parameters": (
        update(SiteRow).where(SiteRow.organisation_id == bindparam("o")).values(name=bindparam("n")),
        {"o": "rival", "n": "x"},
        {RIVAL},
    ),
    "update by id": (update(SiteRow).where(SiteRow.id == "sit_bern").values(name="x"), {}, {RIVAL}),
    "update that undoes its own condition": (
        update(SiteRow).where(SiteRow.slug == "lyon").values(slug="lyons"),
        {},
        {ACME},
    ),
    "update of everything": (update(SiteRow).values(name="x"), {}, BOTH),
    "delete by id": (delete(SiteRow).where(SiteRow.id.in_(["sit_nice"])), {}, {ACME}),
}


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("way", ["session", "connection"])
def test_statements_are_told_by_whose_rows_they_touch(
    it: HubInProcess, told: Told, name: str, way: str
) -> None:
    statement, parameters, expected = STATEMENTS[name]
    with it.hub.database.transaction() as session:
        runner = session if way == "session" else session.connection()
        runner.execute(statement, parameters)  # type: ignore[attr-defined]
        assert told == []
    assert told == [frozenset(expected)]


def test_what_is_undone_is_not_told(it: HubInProcess, told: Told) -> None:
    with it.hub.database.writing_session() as session:
        session.add(_site("acme", "metz"))
        session.flush()
    assert told == []


def test_a_savepoint_is_told_with_its_transaction_only(it: HubInProcess, told: Told) -> None:
    with it.hub.database.transaction() as session:
        with session.begin_nested():
            session.add(_site("acme", "metz"))
        assert told == []
    assert told == [frozenset({ACME})]


def test_reading_and_rows_without_an_organisation_are_no_news(it: HubInProcess, told: Told) -> None:
    with it.hub.database.reading() as session:
        session.get(SiteRow, "sit_lyon")
    with it.hub.database.transaction() as session:
        session.get(SiteRow, "sit_lyon")
        write_fact(session, "x", new_id("str"))
    assert told == []


def test_a_quiet_transaction_is_no_news_also_on_a_connection_that_was_heard_before(
    it: HubInProcess, told: Told
) -> None:
    with it.hub.database.transaction() as session:
        session.add(_site("acme", "metz"))
    with it.hub.database.quiet_transaction() as session:
        session.execute(update(SiteRow).where(SiteRow.organisation_id == "rival").values(name="x"))
    with it.hub.database.transaction() as session:
        session.add(_site("acme", "brest"))
    assert told == [frozenset({ACME})] * 2


def test_a_session_tells_each_of_its_transactions_by_itself(it: HubInProcess, told: Told) -> None:
    with it.hub.database.writing_session() as session:
        session.add(_site("acme", "metz"))
        session.commit()
        session.add(_site("rival", "genf"))
        session.commit()
    assert told == [frozenset({ACME}), frozenset({RIVAL})]


def test_a_listener_that_fails_does_not_undo_what_is_committed(it: HubInProcess) -> None:
    def fail(changes: frozenset[Change]) -> None:
        raise RuntimeError("no")

    database: Database = it.hub.database
    database.change_listeners.append(fail)
    with database.transaction() as session:
        session.add(_site("acme", "metz"))
    with database.reading() as session:
        assert session.get(SiteRow, "sit_metz") is not None


def test_a_savepoint_that_was_undone_leaves_the_rest_to_be_told(it: HubInProcess, told: Told) -> None:
    with it.hub.database.transaction() as session:
        session.get(SiteRow, "sit_bern")
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(_site("acme", "lyon"))
        session.execute(update(SiteRow).where(SiteRow.id == "sit_bern").values(name="x"))
    assert told == [frozenset({RIVAL})]
