"""Coming in and going out, and what one has here: sign-in, invitations, one's own account, everybody's."""
