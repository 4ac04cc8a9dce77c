import pytest

from tuner.errors import TrainerError
from tuner.external.unreported import refuse_unreported
from tuner.spec.study import StudySpec

STDOUT = r"step (?P<step>\d+) lpips (?P<lpips>\S+) psnr (?P<psnr>\S+)"


def study(metric="lpips", guarded="psnr", stdout=STDOUT):
    return StudySpec(
        study="own",
        trainer={"kind": "command", "run": ["python", "t.py"], "metrics": {"stdout": stdout}},
        objective={"metric": metric},
        guardrails={"metrics": {guarded: {"may_fall": 0.1}}},
        weights={"a": 1.0},
        stages=[{"vary": "a", "values": [2.0]}],
    )


def test_numbers_that_are_read_pass():
    refuse_unreported(study(), [b"print('step')"])


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"guarded": "pnsr"}, r"^guardrails\.metrics: 'pnsr' is never read: .*mean 'psnr'\?"),
        ({"metric": "lpip"}, r"^objective\.metric: 'lpip' is never read: .*mean 'lpips'\?"),
    ],
)
def test_a_number_without_a_group_is_refused_with_the_nearest_name(names, told):
    with pytest.raises(TrainerError, match=told):
        refuse_unreported(study(**names), [b"print('step')"])


def test_a_script_that_speaks_of_the_tuner_may_report_anything():
    refuse_unreported(study(guarded="ssim"), [b"import tuner"])
