"""The body and the answer, as pydantic models."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.answers import Answer, ChoiceAnswer, NumberAnswer, TextAnswer


class Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class ChoiceIn(Wire):
    type: Literal["choice"]
    item_id: Annotated[str, Field(min_length=1, max_length=64)]
    choice: Annotated[str, Field(max_length=64)]

    def to_domain(self) -> Answer:
        return ChoiceAnswer(item_id=self.item_id, choice=self.choice)


class NumberIn(Wire):
    type: Literal["number"]
    item_id: Annotated[str, Field(min_length=1, max_length=64)]
    number: float

    def to_domain(self) -> Answer:
        return NumberAnswer(item_id=self.item_id, number=self.number)


class TextIn(Wire):
    type: Literal["text"]
    item_id: Annotated[str, Field(min_length=1, max_length=64)]
    text: Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]

    def to_domain(self) -> Answer:
        return TextAnswer(item_id=self.item_id, text=self.text)


AnswerIn = Annotated[ChoiceIn | NumberIn | TextIn, Field(discriminator="type")]


class ReportIn(Wire):
    form_id: Annotated[str, Field(min_length=1, max_length=64)]
    form_version: Annotated[int, Field(ge=1, le=32767)]
    language: Literal["en", "zh-CN"]
    answers: Annotated[list[AnswerIn], Field(max_length=200)]
    device_time: AwareDatetime
    age_seconds: Annotated[float | None, Field(ge=0)] = None
    time_zone: Annotated[str, Field(max_length=64)] = ""
    onset_at: AwareDatetime | None = None
    reporter: Literal["participant", "caregiver"] | None = None
    app_version: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")] = ""

    def stored(self) -> dict[str, object]:
        """The submission as the column holds it."""
        plain = self.model_dump(mode="json", exclude={"answers"})
        return {**plain, "answers": [each.model_dump(mode="json", by_alias=True) for each in self.answers]}


class AdviceOut(Wire):
    headline: str
    text: str
    further: list[str]
    emergency_number: str


class PageOut(Wire):
    status: str
    text: str
    go_now: bool


class ReportOut(Wire):
    report_id: str
    form_id: str
    form_version: int
    received_at: AwareDatetime
    made_at: AwareDatetime
    clock_doubtful: bool
    quarantined: bool
    misfits: list[str]
    faults: list[str]
    triaged: bool
    level: str
    signals: list[str]
    advice: AdviceOut
    page: PageOut
