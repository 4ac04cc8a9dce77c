-- Runs once, when the volume of the database is empty: Optuna and MLflow each have a database and
-- an account that sees no other.
\set tuner_password `cat /run/secrets/tuner_password`
\set mlflow_password `cat /run/secrets/mlflow_password`

CREATE ROLE tuner LOGIN PASSWORD :'tuner_password';
CREATE DATABASE optuna OWNER tuner;
REVOKE ALL ON DATABASE optuna FROM PUBLIC;

CREATE ROLE mlflow LOGIN PASSWORD :'mlflow_password';
CREATE DATABASE mlflow OWNER mlflow;
REVOKE ALL ON DATABASE mlflow FROM PUBLIC;

-- The administrator comes in from inside the container only, where no password is asked.
ALTER ROLE postgres PASSWORD NULL;
