"""The MLflow experiment of a study: found, made, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tuner.tracking.local_database import make_local_database, set_unfinished_aside
from tuner.tracking.unavailable import TrackingUnavailable

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


def default_uri() -> str:
    """MLflow's own default: `MLFLOW_TRACKING_URI`, else its database in the working directory."""
    import mlflow

    return str(mlflow.get_tracking_uri())


def connect(uri: str, study: str) -> tuple[MlflowClient, str]:
    """The client, and the study's experiment; an unfinished database is made again.

    Raises:
        TrackingUnavailable: The experiment was deleted in MLflow.
    """
    from mlflow.tracking import MlflowClient

    try:
        client = MlflowClient(tracking_uri=uri)
        return client, _experiment(client, study)
    except Exception:
        if set_unfinished_aside(uri) is None:
            raise
    make_local_database(uri)
    client = MlflowClient(tracking_uri=uri)
    return client, _experiment(client, study)


def _experiment(client: MlflowClient, study: str) -> str:
    found = client.get_experiment_by_name(study)
    if found is None:
        return client.create_experiment(study)
    if found.lifecycle_stage == "deleted":
        raise TrackingUnavailable(
            f"the experiment '{study}' was deleted in MLflow; "
            f"'mlflow experiments restore -x {found.experiment_id}' brings it back"
        )
    return str(found.experiment_id)


def refuse_lost_artifacts(client: MlflowClient, experiment_id: str, study: str) -> None:
    """Refuses to send to a folder that was moved away without the database.

    Raises:
        TrackingUnavailable: The folder with the pictures of earlier runs is gone.
    """
    place = client.get_experiment(experiment_id).artifact_location
    # MLflow makes 'mlruns' and the experiment's folder in it with the first picture.
    if place.startswith("/") and not Path(place).parents[1].is_dir():
        raise TrackingUnavailable(
            f"the pictures of '{study}' were in {place}, which is gone; put the folder "
            "'mlruns' beside MLflow's database again, or make an empty one there"
        )
