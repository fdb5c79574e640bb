"""What is one person's own: what they heard, what they have to do."""
