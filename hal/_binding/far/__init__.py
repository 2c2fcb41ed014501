"""Cards of other hosts: a library whose functions send messages, and the agent that answers them."""
