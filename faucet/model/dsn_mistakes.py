"""What is wrong with a DSN whatever its driver: what surrounds it, and placeholders. Pure."""

import re
from typing import Final

_PAIRED: Final = ("''", '""', "``", "“”", "\u2018\u2019", "<>", "«»")
_SUBJECT: Final = r"[A-Za-z][\w+.-]*:/"
_FAULTS: Final = (
    (
        re.compile(
            r"\$\w+|\$\(\w+\)|%\w+%|\{\{.*\}\}|\{env:.*\}|\$?\[\w+\]|env[.:]\w+|<%.*%>", re.ASCII
        ),
        "a DSN from an environment variable is written ${env:NAME}",
    ),
    (
        re.compile(rf"(?:export\s+)?[A-Za-z_]\w*\s*=\s*['\"]?{_SUBJECT}.*", re.ASCII | re.DOTALL),
        "write only the value, without the name of the variable in front of it",
    ),
    (
        re.compile(r"jdbc:.*", re.ASCII | re.IGNORECASE | re.DOTALL),
        "a JDBC URL is not a DSN: remove jdbc:, and write the user and password before the host",
    ),
    (
        re.compile(rf"[A-Za-z]\w*\s+(?:\S+\s+)*['\"]?{_SUBJECT}.*", re.ASCII | re.DOTALL),
        "write only the DSN, without the command in front of it",
    ),
)


def mistake_in(text: str) -> str:
    """Return how to write *text*, which is not empty, if no driver can use it; else ""."""
    if len(text) > 1 and text[0] + text[-1] in _PAIRED:
        return f"remove the {text[0]}{text[-1]} around the DSN"
    return next((message for pattern, message in _FAULTS if pattern.fullmatch(text)), "")
