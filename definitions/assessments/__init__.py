"""Assessment files: read key by key, checked as a whole, put in force."""
