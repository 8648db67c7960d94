"""The Dagster instance of a deployment: runs, events and schedules below ``var/dagster``."""

import json
from pathlib import Path

import dagster as dg

_CONFIG = """telemetry:
  enabled: false
event_log_storage:
  module: orchestration.event_log
  class: KeptSqliteEventLog
  config:
    base_dir: {runs}
run_retries:
  enabled: true
  max_retries: 1
run_monitoring:
  enabled: true
concurrency:
  runs:
    max_concurrent_runs: 1
"""
"""One run of the daemon at a time, since its steps take turns at the deployment's lock anyway."""


def instance_folder(var: Path) -> Path:
    """Return the instance's folder, made with its settings on first use."""
    folder = var / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    wanted = _CONFIG.format(runs=json.dumps(str(folder.resolve() / "history" / "runs")))
    if not config.exists() or config.read_text(encoding="utf-8") != wanted:
        config.write_text(wanted, encoding="utf-8")
    return folder


def open_instance(var: Path) -> dg.DagsterInstance:
    """Open the instance of a deployment."""
    return dg.DagsterInstance.from_config(str(instance_folder(var)))
