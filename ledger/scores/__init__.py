"""Scores: the assessments in force, what is known of units for them, their lines recorded with what they rest on."""
