"""When and in what order: Dagster definitions made by factories over the catalogue release.

Here: assets, checks, jobs, schedules, sensors and the in-process run. Not here: any rule of business; every asset body
calls a plain function of a room below.
"""
