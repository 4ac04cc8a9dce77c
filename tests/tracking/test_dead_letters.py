import pytest
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR
from mlflow.tracking import MlflowClient

from tuner.tracking.dead_letters import log_in_parts


@pytest.fixture
def server(new_store):
    return MlflowClient(tracking_uri=new_store())


def test_a_refused_number_is_left_out_and_named_and_the_rest_arrives(server, caplog):
    run_id = server.create_run("0").info.run_id
    points = [Metric(f"loss/{number}", 1.0, 1, number) for number in range(20)]
    letters = [*points[:7], Metric("a//b", 2.0, 1, 1), Param("weight", "3"), *points[7:]]
    log_in_parts(server, run_id, letters)
    data = server.get_run(run_id).data
    assert data.metrics == {point.key: 1.0 for point in points}
    assert data.params == {"weight": "3"}
    assert f"run {run_id}: 'a//b' = 2.0 left out" in caplog.text


def test_a_server_that_does_not_answer_loses_nothing():
    class Away:
        def log_batch(self, *_args, **_parts):
            raise MlflowException("later", error_code=INTERNAL_ERROR)

    with pytest.raises(MlflowException, match="later"):
        log_in_parts(Away(), "run", [Metric("loss", 1.0, 1, 1), Metric("loss", 1.0, 1, 2)])
