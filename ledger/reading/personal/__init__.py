"""What is one person's own, read: notices, what waits for them."""
