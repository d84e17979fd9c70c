/* Reads QR codes beside the page, so that the page's picture and its answers never wait for it. */
(function () {
  'use strict';

  self.onmessage = function (event) {
    let text = null;
    try {
      text = QrCode.decode({ width: event.data.width, height: event.data.height, data: new Uint8ClampedArray(event.data.dots) });
    } catch (_nothing) {
      text = null;
    }
    self.postMessage({ id: event.data.id, text: text });
  };
}());
