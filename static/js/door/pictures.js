/* The text of the QR code in a picture: by the browser's own reader where it has one, else by ours in a worker, else by
   ours in the page. */
(function () {
  'use strict';

  const Door = window.Door;
  const SIDE = 640; // more dots take longer and read no more: a card fills half of the picture
  const PATIENCE_MS = 2000;

  const canvas = document.createElement('canvas');
  const brush = canvas.getContext('2d', { willReadFrequently: true });
  const asked = new Map();
  let own = null;
  let worker = null;
  let next = 1;

  const ready = (async function () {
    try {
      if ('BarcodeDetector' in window && (await window.BarcodeDetector.getSupportedFormats()).indexOf('qr_code') !== -1) {
        own = new window.BarcodeDetector({ formats: ['qr_code'] });
      }
    } catch (_problem) {
      own = null;
    }
    if (own === null) {
      startWorker();
    }
  }());

  function startWorker() {
    try {
      worker = new Worker('/door/reader.js');
    } catch (_problem) {
      return;
    }
    worker.onmessage = function (event) {
      const done = asked.get(event.data.id);
      asked.delete(event.data.id);
      if (done) {
        done(event.data.text);
      }
    };
    worker.onerror = function () {
      worker = null; // from now on the page reads by itself
      asked.forEach(function (done) { done(null); });
      asked.clear();
    };
  }

  // The middle of the picture, where a card is held, in so many dots.
  function dotsOf(source, width, height, share, side) {
    const edge = Math.floor(Math.min(width, height) * share);
    const scale = Math.min(1, side / edge);
    canvas.width = canvas.height = Math.max(1, Math.round(edge * scale));
    brush.drawImage(source, (width - edge) / 2, (height - edge) / 2, edge, edge, 0, 0, canvas.width, canvas.height);
    return brush.getImageData(0, 0, canvas.width, canvas.height);
  }

  function decode(image) {
    if (worker === null) {
      try {
        return Promise.resolve(QrCode.decode(image));
      } catch (_nothing) {
        return Promise.resolve(null);
      }
    }
    const id = next;
    next += 1;
    return Promise.race([
      new Promise(function (done) {
        asked.set(id, done);
        worker.postMessage({ id: id, width: image.width, height: image.height, dots: image.data.buffer }, [image.data.buffer]);
      }),
      Door.wait(PATIENCE_MS).then(function () { asked.delete(id); return null; }),
    ]);
  }

  async function byTheBrowser(source) {
    try {
      const found = await own.detect(source);
      return found.length > 0 ? found[0].rawValue : null;
    } catch (_problem) {
      own = null; // it says that it can, and cannot: ours takes over
      startWorker();
      return null;
    }
  }

  /* What the camera sees now. */
  async function read(source, width, height) {
    await ready;
    return own !== null ? byTheBrowser(source) : decode(dotsOf(source, width, height, 1, SIDE));
  }

  /* A photograph: read whole, then closer, finer each time. */
  async function readPhoto(file) {
    await ready;
    const picture = await createImageBitmap(file);
    let text = own !== null ? await byTheBrowser(picture) : null;
    for (const look of [[1, 800], [1, 1600], [0.7, 1000], [0.45, 800]]) {
      if (text === null) {
        text = await decode(dotsOf(picture, picture.width, picture.height, look[0], look[1]));
      }
    }
    return text;
  }

  Door.pictures = { read: read, readPhoto: readPhoto };
}());
