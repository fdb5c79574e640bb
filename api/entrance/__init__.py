"""At the door of the site: who asks, by which cookie, what of the policy an address belongs to, and what is written
down of whoever was refused."""
