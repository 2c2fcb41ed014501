"""This host's end of a slot that another one uses: `hal agent`."""
