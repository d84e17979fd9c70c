"""Reading the QR codes in a picture of a page, by a decoder that has nothing in common with what draws them.

The browser that took the picture unpacks it, so that no imaging library is needed; zxing-cpp reads the codes.
"""

from __future__ import annotations

import base64

import numpy
import zxingcpp
from playwright.sync_api import Browser

# Takes a PNG in base64, gives its width, and its dots in shades of grey in base64.
_UNPACK = """async (png) => {
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    const dots = canvas.getImageData(0, 0, picture.width, picture.height).data;
    const grey = new Uint8Array(dots.length / 4);
    for (let at = 0; at < grey.length; at++) {
        grey[at] = (dots[4 * at] + dots[4 * at + 1] + dots[4 * at + 2]) / 3;
    }
    const reader = new FileReader();
    const address = await new Promise((done) => {
        reader.onload = () => done(reader.result);
        reader.readAsDataURL(new Blob([grey]));
    });
    return [picture.width, address.split(',')[1]];
}"""


def qr_texts(browser: Browser, png: bytes) -> list[str]:
    """The texts of the QR codes that can be read in the picture."""
    blank = browser.new_page()
    width, grey = blank.evaluate(_UNPACK, base64.b64encode(png).decode())
    blank.close()
    dots = numpy.frombuffer(base64.b64decode(grey), numpy.uint8).reshape(-1, width)
    return [code.text for code in zxingcpp.read_barcodes(dots) if code.format == zxingcpp.BarcodeFormat.QRCode]
