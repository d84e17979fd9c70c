/* What every part of the scanner uses: bytes as text, the page's words, and news between parts and between tabs. */
(function () {
  'use strict';

  const Door = {};
  window.Door = Door;

  Door.base64url = function (bytes) {
    let text = '';
    new Uint8Array(bytes).forEach(function (byte) { text += String.fromCharCode(byte); });
    return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  };

  Door.hex = function (bytes) {
    return Array.from(new Uint8Array(bytes)).map(function (byte) { return ('0' + byte.toString(16)).slice(-2); }).join('');
  };

  Door.utf8 = function (text) {
    return new TextEncoder().encode(text);
  };

  Door.randomId = function (count) {
    return Door.base64url(crypto.getRandomValues(new Uint8Array(count)));
  };

  Door.wait = function (ms) {
    return new Promise(function (done) { setTimeout(done, ms); });
  };

  Door.find = function (name) {
    return document.querySelector('[data-' + name + ']');
  };

  // The words stand in the page, in its language. {name} in them is filled from `values`.
  const words = new Map();
  document.getElementById('door-words').content.querySelectorAll('[data-word]').forEach(function (word) {
    words.set(word.getAttribute('data-word'), word.textContent);
  });

  Door.say = function (name, values) {
    return (words.get(name) || '').replace(/\{(\w+)\}/g, function (_all, key) {
      return values && values[key] !== undefined ? String(values[key]) : '';
    });
  };

  Door.knows = function (name) {
    return words.has(name);
  };

  // Shanghai has had no summer time since 1991: its clock is eight hours ahead, all year.
  Door.localTime = function (ms) {
    return new Date(ms + 8 * 3600000).toISOString().slice(11, 16);
  };

  Door.localDay = function (ms) {
    return new Date(ms + 8 * 3600000).toISOString().slice(0, 10);
  };

  Door.icon = function (name) {
    return document.getElementById('door-icons').content.querySelector('[data-icon="' + name + '"]').firstElementChild.cloneNode(true);
  };

  // News: told to this tab's listeners, and to the other tabs of the scanner where the browser can.
  const listeners = new Map();
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel('door') : null;

  function hear(name, detail) {
    (listeners.get(name) || []).forEach(function (listener) { listener(detail); });
  }

  Door.on = function (name, listener) {
    listeners.set(name, (listeners.get(name) || []).concat([listener]));
  };

  Door.tell = function (name, detail) {
    hear(name, detail);
  };

  Door.tellAll = function (name, detail) {
    hear(name, detail);
    if (channel !== null) {
      channel.postMessage({ name: name, detail: detail });
    }
  };

  if (channel !== null) {
    channel.onmessage = function (event) { hear(event.data.name, event.data.detail); };
  }
}());
