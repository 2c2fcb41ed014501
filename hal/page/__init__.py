"""The live register page: a face that serves the maps of one slot to browsers. Needs the extra `serve`."""
