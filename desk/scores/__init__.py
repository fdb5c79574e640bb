"""Assessments as people meet them: a unit's sheet with its reasons, all units side by side, judging, tiers."""
