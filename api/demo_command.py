"""`nightbell demo` as a person meets it: addresses, codes, a first request; or the story, told once."""

import argparse
import sys
import tempfile
from pathlib import Path

import pyotp

from api import seed
from api.demo import API_PORT, DATA, INBOX_PORT, Demo, running_demo
from api.logs import configure_logs
from api.routes.sandbox import new_participant
from api.serving import stop_signal
from api.shapes.sandbox import SeedRequest
from api.story import StoryFailedError, play
from notifications.trial import machine_now


async def run(chosen: argparse.Namespace) -> int:
    """Run the demo until it is stopped; with --once, play the story and say whether all of it happened."""
    configure_logs("warning", readable=sys.stderr.isatty())
    return await (_once() if chosen.once else _serve())


async def _serve() -> int:
    stopped = stop_signal()
    async with running_demo(DATA / "demo", API_PORT, INBOX_PORT) as demo:
        lin = await new_participant(demo.sandbox, demo.edge.mint, SeedRequest(days_since_administration=3))
        _say(_welcome(demo, lin.subject_number, lin.participant_code, lin.caregiver_code))
        await stopped.wait()
    return 0


async def _once() -> int:
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="once-", dir=DATA) as directory:
        async with running_demo(Path(directory), 0, 0) as demo:
            _say("One urgent report, from the phone to the doctor (trial time, Asia/Shanghai):\n")
            try:
                await play(demo, _say)
            except StoryFailedError as failure:
                _say(f"\n  ✗ {failure}")
                return 1
    _say("\n  ✓ every step happened, over real HTTP, on a real PostgreSQL")
    return 0


def _welcome(demo: Demo, subject_number: str, participant_code: str, caregiver_code: str) -> str:
    staff = "\n".join(_line(each) for each in seed.CAST)
    return f"""\
Nightbell runs a sandbox trial. Nothing here reaches a real phone.
The protocol is a draft, and has unconfirmed values: no real site may go live on it.

  API reference     {demo.api_url}/docs
  contract          {demo.api_url}/openapi.json
  sandbox contract  {demo.api_url}/sandbox/openapi.json
  phones (inbox)    {demo.inbox_url}/

Several people at it, or tests? Each opens a sandbox of her own, with a clock, phones and a database apart; the answer
has `apiUrl`, the base address for an app:
  a sandbox of your own   curl -s -X POST {demo.api_url}/sandbox/keys
  back to the beginning   curl -s -X POST {demo.api_url}/sandbox/reset
  somebody in week 12     curl -s {demo.api_url}/sandbox/participants -H 'Content-Type: application/json' \\
    -d '{{"namedState":"week-12-silent-and-ringing","signIn":true}}'

Lin, subject {subject_number}, three days after her administration, can activate the app:
  her code          {participant_code}
  her caregiver's   {caregiver_code}

Staff (password {seed.PASSWORD}, one-time password: GET /sandbox/staff):
{staff}

A first request: redeem the caregiver's code.
  curl -s {demo.api_url}/v1/activations -H 'Content-Type: application/json' \\
    -d '{{"code":"{caregiver_code}","deviceId":"7f0c1c1e-2a58-4f5e-9a43-0c8a1f6f4b11"}}'
Ten minutes pass:
  curl -s {demo.api_url}/sandbox/clock -H 'Content-Type: application/json' -d '{{"advance":"PT10M"}}'

Stop with Ctrl-C; the data stays in {DATA}/demo.
"""


def _line(each: seed.Member) -> str:
    place = (
        "principal investigator"
        if each.name == seed.PRINCIPAL_INVESTIGATOR
        else f"tier {each.tier or 'none'}"
    )
    totp = pyotp.TOTP(each.totp_secret).at(machine_now())
    return f"  {each.name:6} {each.email:20} {each.role.value:13} {place:23} {each.phone}  now {totp}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the demo speaks to a person
