"""Coming in and going out, in a real browser."""
