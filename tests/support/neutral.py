"""What anybody may see: no word of a disease, no number of a participant (trial.md §3 and §4)."""

import re

_DISEASE = re.compile(
    "liver|kidney|hepat|cirrho|blood|bleed|fever|infect|confus|symptom|disease|patient|trial|study|stiffness"
    "|肝|肾|血|病|症|热|感染|昏迷|患者|受试者|试验|研究|硬度",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"\bZN-\d+", re.IGNORECASE)


def telling(text: str) -> list[str]:
    """The words in a text that would tell a passer-by something."""
    return [*_DISEASE.findall(text), *_SUBJECT.findall(text)]
