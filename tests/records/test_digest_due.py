"""Digests and overdue tasks are found by an index, so that a poll costs what is due (design.md, rule 4)."""

from datetime import timedelta

from domain.records import deployment, sites, tasks
from domain.records.rows import WORKER_ROLE, connect, reading, transaction
from notifications.trial import machine_now
from tests.support.explained import explain, overheard

MANY = 4_000


async def test_no_poll_reads_all_tasks_or_sites(database_url: str) -> None:
    owner, now = await connect(database_url), machine_now()
    await owner.execute(
        """
        insert into sites (id, name, time_zone, digest_due_at)
        select gen_random_uuid(), 'Site ' || n, 'Asia/Shanghai', $1::timestamptz + n * interval '1 minute'
        from generate_series(-2, $2) n
        """,
        now,
        MANY,
    )
    await owner.execute(
        """
        insert into tasks (id, site_id, kind, about_id, created_at, due_at, look_at)
        select gen_random_uuid(), (select min(id::text)::uuid from sites), 'free-text', gen_random_uuid(), $1,
            $1::timestamptz + n * interval '1 minute', $1::timestamptz + n * interval '1 minute'
        from generate_series(-2, $2) n
        """,
        now,
        MANY,
    )
    await owner.execute("analyze sites; analyze tasks")
    async with overheard(database_url, WORKER_ROLE) as (pool, said):
        async with reading(pool) as connection:
            assert len(await sites.digests_due(connection, now)) == 3
            [site_id] = await tasks.sites_to_tell(connection, now)
            assert await deployment.next_due(connection, now) == now - timedelta(minutes=2)
        async with transaction(pool) as connection:
            assert len(await tasks.hold_to_tell(connection, site_id, now, 100)) == 3
    explained = await explain(owner, [each for each in said if "participants" not in each.query])
    await owner.close()
    assert len(explained) >= 4
    whole = {each.statement: set(each.read_whole) & {"sites", "tasks"} for each in explained}
    assert {statement: read for statement, read in whole.items() if read} == {}
