#!/bin/sh
# Opens the window where there is a display; does the same main job without one. Usage: run.sh BACKPROP_GUI
set -eu
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname -s)" != Linux ]; then
    exec "$1"
fi
echo "No display here (DISPLAY and WAYLAND_DISPLAY are empty), so no window can open."
echo "Training the article's network for 1,000 epochs on Qt's offscreen platform instead:"
mkdir -p build
"$1" train article --epochs 1000 --history build/article-history.csv --export build/article-weights.json
"$1" shot article --epochs 1000 --output build/article.png
echo "  trained weights     $PWD/build/article-weights.json"
echo "  loss, epoch by epoch  $PWD/build/article-history.csv"
echo "  picture of the window $PWD/build/article.png"
echo "On a machine with a screen, the same command opens the window."
