from faucet.cli.render import render_text
from faucet.diagnostics import Diagnostic, as_json_form

FOUND = Diagnostic(
    code="FCT1402",
    message="the database cannot be reached",
    detail="FATAL: no user bob at 10.0.0.1",
)


def test_what_a_driver_said_reaches_the_terminal_but_no_caller():
    told = render_text([FOUND], {}, color=False)
    answered = str(as_json_form(FOUND))

    assert "FATAL: no user bob" in told
    assert "FATAL" not in answered
    assert "10.0.0.1" not in answered
