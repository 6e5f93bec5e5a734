"""The tables that a submission reads and writes, as SQLAlchemy maps them."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Identity, Integer, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


class SessionRow(Base):
    __tablename__ = "sessions"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    rotated_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AccountRow(Base):
    __tablename__ = "accounts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    role: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    reminder_hour: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]


class ParticipantRow(Base):
    __tablename__ = "participants"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    subject_number: Mapped[str]
    phase: Mapped[str]
    state: Mapped[str]
    registered_at: Mapped[datetime]
    end_reason: Mapped[str | None]
    ended_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]


class SiteRow(Base):
    __tablename__ = "sites"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    principal_investigator_id: Mapped[UUID | None]
    live_since: Mapped[datetime | None]
    holidays: Mapped[list[date]] = mapped_column(ARRAY(Date))


class StaffRow(Base):
    __tablename__ = "staff"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str]
    disabled_at: Mapped[datetime | None]


class StaffRoleRow(Base):
    __tablename__ = "staff_roles"
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]


class ShiftRow(Base):
    __tablename__ = "on_call_shifts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    tier: Mapped[int] = mapped_column(SmallInteger)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class ContactRow(Base):
    __tablename__ = "contacts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID | None]
    kind: Mapped[str]


class ReportRow(Base):
    __tablename__ = "reports"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    reporter: Mapped[str]
    submission: Mapped[dict[str, Any]]
    triage: Mapped[dict[str, Any]]
    level: Mapped[str]
    received_at: Mapped[datetime]
    alert_id: Mapped[UUID | None]
    original: Mapped[bytes]
    variant: Mapped[int] = mapped_column(SmallInteger, primary_key=True, default=0)
    digest: Mapped[bytes]
    session_id: Mapped[UUID]
    proof: Mapped[str] = mapped_column(default="session")
    is_verified: Mapped[bool] = mapped_column(default=True)
    arrived_at: Mapped[datetime]
    made_at: Mapped[datetime]
    clock_skew: Mapped[timedelta | None]
    quarantine: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    faults: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    corrects: Mapped[UUID | None]
    rang: Mapped[bool]
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    protocol: Mapped[str]
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))


class AlertRow(Base):
    __tablename__ = "alerts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    level: Mapped[str]
    signals: Mapped[list[str]]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    climb: Mapped[dict[str, Any]]
    round: Mapped[int]
    round_started_at: Mapped[datetime]
    step: Mapped[int]
    due_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    acknowledged_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    contact_outcome: Mapped[str | None]
    last_contacted_at: Mapped[datetime | None]
    rang_at: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    is_drill: Mapped[bool]
    declined_by: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    resolved_by: Mapped[UUID | None]
    resolved_at: Mapped[datetime | None]
    disposition: Mapped[str | None]


class MessageRow(Base):
    __tablename__ = "messages"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    alert_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    round: Mapped[int]
    step: Mapped[int]
    level: Mapped[str]
    template: Mapped[str]
    language: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    code: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    receipt_within: Mapped[timedelta]
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    channel: Mapped[str]
    poll_after: Mapped[timedelta]


class AdministrationRow(Base):
    __tablename__ = "administrations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    given_on: Mapped[date]


class PlanRow(Base):
    __tablename__ = "plans"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    version: Mapped[int]
    occasions: Mapped[list[Any]] = mapped_column(JSONB)
    closed_at: Mapped[datetime | None]


class OccasionRow(Base):
    __tablename__ = "occasions"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    plan_version: Mapped[int]
    kind: Mapped[str]
    week: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    target: Mapped[date]
    opens: Mapped[date]
    closes: Mapped[date]
    done_on: Mapped[date | None]
    is_late: Mapped[bool]


class TaskRow(Base):
    __tablename__ = "tasks"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    participant_id: Mapped[UUID | None]
    kind: Mapped[str]
    about_id: Mapped[UUID]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]


class HeadRow(Base):
    __tablename__ = "audit_heads"
    chain: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]


class EntryRow(Base):
    __tablename__ = "audit_entries"
    chain: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    body: Mapped[bytes]
    hash: Mapped[bytes]
    action: Mapped[str]
    at: Mapped[datetime]
    site_id: Mapped[UUID | None]
    participant_id: Mapped[UUID | None]
