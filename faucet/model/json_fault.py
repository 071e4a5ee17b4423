"""What can be wrong with a text that should be JSON, and the limits of what is read. Pure."""

from enum import Enum
from typing import Final

MAX_DEPTH: Final = 64
MOST_CONTAINERS: Final = 250_000
"""How many arrays and objects one text may contain: to create and to free them takes long."""


class JsonProblem(Enum):
    """What can be wrong with a text that should be JSON."""

    SYNTAX = "syntax"
    NUMBER = "number"
    CONSTANT = "constant"
    REPEATED_NAME = "repeated name"
    HALF_PAIR = "half a surrogate pair"
    DEPTH = "depth"
    CONTAINERS = "arrays and objects"


class JsonFault(ValueError):  # noqa: N818 - as `ValueFault`: each caller says what it means
    """
    A text is not JSON as it is read here.

    *detail* is the decoder's own word, the name given twice, or the constant; *position* counts
    characters where the decoder knows it.
    """

    def __init__(self, problem: JsonProblem, detail: str = "", position: int | None = None) -> None:
        super().__init__(f"{problem.value} {detail}".strip())
        self.problem = problem
        self.detail = detail
        self.position = position


def syntax_fault(detail: str, position: int) -> JsonFault:
    """Return the fault of a text that is not JSON at *position*."""
    return JsonFault(JsonProblem.SYNTAX, detail, position)
