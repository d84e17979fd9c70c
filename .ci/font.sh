#!/bin/sh
# Sees to it that there is a font with Chinese, for the PDF of student cards and the pictures of the browser tests.
# False when there is none and none could be installed; says what to do.
cd "$(dirname "$0")/.."
. .ci/apt.sh

have_font() {
    # macOS has Chinese fonts of its own, and no fc-list.
    [ "$(uname -s)" = Darwin ] || [ -n "$(fc-list :lang=zh family 2>/dev/null)" ] ||
        [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ]
}

have_font || apt_install fontconfig fonts-noto-cjk || true
if ! have_font; then
    echo "No font with Chinese characters. Debian and Ubuntu: sudo apt-get install fonts-noto-cjk" >&2
    exit 1
fi
