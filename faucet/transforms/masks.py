"""The bundled transforms, all of them masks: null, redact, hash, last4. Pure."""

from typing import TYPE_CHECKING, Final

from faucet.extension.transform import Transform
from faucet.model.catalog import ColumnType, Kind
from faucet.model.facts import TransformFacts

if TYPE_CHECKING:
    from faucet.extension.sql_forms import Expression, SqlForms


def _mask(facts: TransformFacts) -> Transform:
    def expression(
        column: "Expression", _of: ColumnType, forms: "SqlForms", key: bytes
    ) -> "Expression":
        from faucet.transforms.expressions import EXPRESSIONS  # noqa: PLC0415

        return EXPRESSIONS[facts.name](column, forms, key)

    return Transform(facts=facts, expression=expression)


_TEXT: Final = frozenset({Kind.TEXT})

MASKS: Final = (
    _mask(TransformFacts(name="null", takes=frozenset(Kind), gives=None)),
    _mask(TransformFacts(name="redact", takes=_TEXT, gives=Kind.TEXT)),
    _mask(TransformFacts(name="hash", takes=_TEXT, gives=Kind.TEXT, keyed=True)),
    _mask(TransformFacts(name="last4", takes=_TEXT, gives=Kind.TEXT)),
)
