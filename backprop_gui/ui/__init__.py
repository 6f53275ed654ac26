"""The window: views of the session and forms that edit it."""
