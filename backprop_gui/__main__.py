"""``python -m backprop_gui`` is the command ``backprop-gui``."""

import sys

from backprop_gui.cli import main

sys.exit(main())
