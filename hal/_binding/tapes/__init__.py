"""Recordings: their files, the card that answers from one, and that of a whole process."""
