"""One account at Dysms, Alibaba Cloud's SMS service for mainland China. It knows no library: cheap to import."""

from collections.abc import Mapping

from msgspec import Struct
from typing_extensions import override

REPORT_PATH = "/webhooks/dysms/{}/reports"
"""Where the provider tells what became of texts, with our secret in it: its reports carry no signature."""


class DysmsAccount(Struct, frozen=True, kw_only=True):
    """How to reach one account.

    `sign_name` is the registered signature, without brackets. `templates` gives the registered template of each text
    key ("sms.emergency" → "SMS_1"). `endpoint` is None for the provider's own host (cn-hangzhou). `call_timeout` is
    the longest one call may take, in seconds.
    """

    access_key_id: str
    access_key_secret: str
    sign_name: str
    templates: Mapping[str, str]
    endpoint: str | None
    call_timeout: float

    @override
    def __repr__(self) -> str:
        return f"DysmsAccount({self.access_key_id})"
