"""The network as a picture to look at and edit."""
