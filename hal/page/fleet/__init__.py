"""The page of a fleet: all cards of all hosts in one table, and a page of registers of each."""
