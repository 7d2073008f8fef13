"""Data folders that are put back to what they were, for tests."""

import os
import shutil


def turn_back(data, old):
    """What a node's folder held when `old` was copied of it, in the folder that is the same: as when its whole disk is put back. The node is down."""
    for name in os.listdir(os.path.join(data, "db")):
        if name != "LOCK":
            os.unlink(os.path.join(data, "db", name))
    for name in os.listdir(os.path.join(old, "db")):
        if name != "LOCK":
            shutil.copy(os.path.join(old, "db", name), os.path.join(data, "db", name))
    shutil.rmtree(old)
