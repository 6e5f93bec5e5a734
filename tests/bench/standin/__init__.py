"""A stand-in to compare with: `PUT /v1/me/reports/{id}` as one writes it well with FastAPI, SQLAlchemy, pydantic.

The same database and tables, the same token verified, the same rows loaded under the same lock, the same rules (our
own pure functions judge and ring), the same rows written with their entry in the audit chain, the same answer. It
leaves out what the load never does: a check-in and its plan. And it is spared what ours does beside: the log, the
request id, the security headers, and refusing a JSON name given twice.
"""
