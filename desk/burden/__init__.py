"""The burden: who asked whom for how much, the leader's yes beyond the budget, and what should not be asked."""
