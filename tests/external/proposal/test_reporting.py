import ast

import pytest

from tuner.external.proposal.reporting import first_report
from tuner.external.proposal.settings import option_settings


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("p.add_argument('--log_every', default=100)", 100),
        ("p.add_argument('--print-freq', type=int, default=50)\nif i % 7 == 0: pass", 50),
        ("if step % 200 == 0 or step % 50 == 0: pass", 200),
        ("p.add_argument('--log_dir', default='logs')\nx = 5 % 3", 0),
        ("p.add_argument('--log_every', default=0.5)", 0),
    ],
)
def test_the_first_report_is_read_off_a_setting_or_a_condition(text, steps):
    module = ast.parse(text)
    assert first_report(option_settings([module], {}), [module]) == steps
