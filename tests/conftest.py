"""Fixtures every test may ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.support.database import cluster, fresh_database, migrated_template


@pytest.fixture(scope="session")
async def cluster_url() -> AsyncIterator[str]:
    async with cluster() as url:
        yield url


@pytest.fixture(scope="session")
async def template(cluster_url: str) -> AsyncIterator[str]:
    async with migrated_template(cluster_url) as name:
        yield name


@pytest.fixture
async def database_url(cluster_url: str, template: str) -> AsyncIterator[str]:
    """A superuser's URL of a database of this test's own, migrated and empty."""
    async with fresh_database(cluster_url, template=template) as url:
        yield url


@pytest.fixture
async def empty_database_url(cluster_url: str) -> AsyncIterator[str]:
    """As `database_url`, but without a single migration."""
    async with fresh_database(cluster_url) as url:
        yield url
