"""One card of another host, over the user's own ssh: `hal.open_slot("ssh://host/0")`."""
