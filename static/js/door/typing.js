/* Numbers typed by hand, and readers that type: a hand-held reader is a keyboard that is faster than any hand, and ends
   with Enter. It works wherever the focus is, also under a Chinese input method, where only the keys' places are told. */
(function () {
  'use strict';

  const Door = window.Door;
  const HAND_MS = 50; // nobody types twelve keys in a row this fast
  const SHORTEST = 10;

  let keys = [];

  function letter(event) {
    if (event.key.length === 1 && event.key !== 'Process') {
      return event.key;
    }
    const place = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
    if (place !== null) {
      return place[1];
    }
    return { Semicolon: ':', Minus: '-', Space: ' ' }[event.code] || '';
  }

  function gapsAreShort() {
    const gaps = keys.slice(1).map(function (key, at) { return key.at - keys[at].at; }).sort(function (one, other) { return one - other; });
    return gaps[Math.floor(gaps.length / 2)] < HAND_MS;
  }

  function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const at = event.timeStamp;
    if (keys.length > 0 && at - keys[keys.length - 1].at > 10 * HAND_MS) {
      keys = [];
    }
    if (event.key === 'Enter' || event.code === 'Enter' || event.code === 'NumpadEnter') {
      finish(event);
      return;
    }
    const typed = letter(event);
    if (typed !== '') {
      keys.push({ letter: typed, at: at });
    }
  }

  function finish(event) {
    const read = keys;
    const fast = read.length >= SHORTEST && gapsAreShort();
    keys = [];
    if (!fast || Door.scanning.choice === null) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const field = document.activeElement;
    if (field !== null && field.matches('[data-number]')) {
      field.value = '';
    }
    Door.tell('card', { text: read.map(function (key) { return key.letter; }).join(''), method: 'reader' });
  }

  function start() {
    document.addEventListener('keydown', onKey, true);
    const form = Door.find('typed');
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      const field = form.querySelector('[data-number]');
      const text = field.value.trim();
      if (text !== '') {
        field.value = '';
        Door.tell('card', { text: text, method: 'typed' });
      }
    });
  }

  Door.typing = { start: start };
}());
