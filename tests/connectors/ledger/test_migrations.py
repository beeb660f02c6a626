"""The revisions build what the schema says, on both engines, up and down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from connectors.ledger import Ledger, LedgerError, migrations, schema
from connectors.ledger.engine import engine_for
from tests.connectors.ledger import samples


def test_the_newest_revision_is_the_one_the_code_knows() -> None:
    assert ScriptDirectory.from_config(migrations.configuration()).get_current_head() == migrations.HEAD


def test_migrated_database_equals_the_schema(empty_url: str) -> None:
    Ledger.open(empty_url).close()
    engine = engine_for(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_down_removes_everything_and_up_brings_it_back(ledger_url: str) -> None:
    engine = engine_for(ledger_url)
    migrations.downgrade(engine)
    assert set(sa.inspect(engine).get_table_names()) == {"alembic_version"}
    migrations.upgrade(engine)
    assert set(schema.metadata.tables) <= set(sa.inspect(engine).get_table_names())
    engine.dispose()


def test_opening_again_keeps_the_rows(ledger_url: str) -> None:
    with Ledger.open(ledger_url) as first:
        first.add("claims", samples.rows("claims", range(3)))
    with Ledger.open(ledger_url) as second:
        assert second.count("claims") == 3


def test_without_migrating_an_empty_database_is_refused(empty_url: str) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger.open(empty_url, migrate=False)
    assert caught.value.code == "NOT_MIGRATED"


def test_a_database_of_a_newer_version_is_refused(ledger_url: str) -> None:
    engine = engine_for(ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LedgerError) as caught:
        Ledger.open(ledger_url)
    assert caught.value.code == "NEWER_SCHEMA"


def test_a_failing_revision_leaves_nothing_behind(empty_url: str) -> None:
    engine = engine_for(empty_url)
    with engine.begin() as connection:  # in the way of the last table of the first revision
        connection.execute(sa.text("CREATE TABLE work_events (event_id TEXT)"))
    with pytest.raises(LedgerError):
        Ledger.open(empty_url)
    assert sa.inspect(engine).get_table_names() == ["work_events"]
    engine.dispose()


def test_several_may_open_a_new_ledger_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        ledgers = list(pool.map(Ledger.open, [empty_url] * 4))
    assert {ledger.count("claims") for ledger in ledgers} == {0}
    for ledger in ledgers:
        ledger.close()


def test_rates_on_file_before_0004_are_for_every_plan_and_place(empty_url: str) -> None:
    engine = engine_for(empty_url)
    migrations.upgrade(engine, "0003")
    add = "INSERT INTO contracts (row_id, version, payer_id, code, modifier, provider_class, effective_from, method"
    with engine.begin() as connection:
        connection.execute(
            sa.text(f"{add}) VALUES ('R1', 1, 'ACME', '90837', '', '', '2026-01-01', 'fixed')")
        )
    migrations.upgrade(engine)
    read = sa.text("SELECT row_id, plan, place_group, lesser_of FROM contracts ORDER BY row_id")
    with engine.begin() as connection:
        assert connection.execute(read).fetchall() == [("R1", "", "", None)]
        connection.execute(
            sa.text(
                f"{add}, plan, place_group) VALUES"
                " ('R2', 1, 'ACME', '90837', '', '', '2026-01-01', 'fixed', 'GRP001', '')"
            )
        )
    migrations.downgrade(engine, "0003")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT row_id FROM contracts")).scalars().all() == ["R1"]
    engine.dispose()
