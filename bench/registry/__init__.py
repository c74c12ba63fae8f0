"""What MLflow's client asks a tracking server for, raw over keep-alive HTTP: Tidegate beside ``mlflow server``, in one run."""
