"""The session store, the training worker in its thread, and the controller between them. QtCore only."""
