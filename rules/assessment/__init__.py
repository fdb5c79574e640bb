"""Assessments: indicators, points that explain themselves, tiers. Whole numbers and exact fractions only."""
