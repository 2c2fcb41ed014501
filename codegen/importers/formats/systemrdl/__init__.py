"""SystemRDL, by its compiler."""
