"""The session document, the edits that make a new one, and its file."""
