/* Begins: what this browser can, who this device is, and the buttons. */
(function () {
  'use strict';

  const Door = window.Door;
  Door.page = { notKept: false };

  function isAble() {
    return window.isSecureContext && 'indexedDB' in window && typeof crypto === 'object' && crypto.subtle !== undefined;
  }

  // #enrol=CODE. The address keeps no code that has been used or shown to somebody who looks over a shoulder.
  function codeInAddress() {
    const found = /^#enrol=([\w-]+)$/.exec(location.hash);
    if (found !== null) {
      history.replaceState(null, '', location.pathname + location.search);
    }
    return found === null ? '' : found[1];
  }

  function showEnrol(code) {
    const before = Door.device.remembered();
    const evicted = Door.device.known === null && before !== null;
    Door.find('evicted').hidden = !evicted;
    if (evicted) {
      Door.find('evicted').textContent = Door.say('evicted', { name: before.name, seq: before.seq, waiting: before.waiting });
    }
    Door.find('code').value = code;
    Door.views.show('enrol');
  }

  const REFUSALS = { 404: 'enrol-refused', 410: 'enrol-refused', 401: 'enrol-refused', 403: 'enrol-refused', 422: 'enrol-refused', 400: 'enrol-refused', 429: 'enrol-slowly' };

  async function enrol(event) {
    event.preventDefault();
    const form = event.target;
    const told = Door.find('enrol-told');
    const button = form.querySelector('button');
    told.hidden = true;
    button.setAttribute('aria-busy', 'true');
    button.disabled = true;
    try {
      const answer = await Door.device.enrol(Door.find('code').value.trim());
      if (answer.status === 200) {
        await enrolled();
      } else {
        told.textContent = (answer.body !== null && answer.body.message) || Door.say(REFUSALS[answer.status] || 'enrol-failed');
        told.hidden = false;
      }
    } catch (_problem) {
      told.textContent = Door.say('enrol-failed');
      told.hidden = false;
    }
    button.removeAttribute('aria-busy');
    button.disabled = false;
  }

  async function enrolled() {
    Door.find('code').value = '';
    Door.sync.state.trouble = null;
    Door.scanning.close();
    await Door.bundle.load();
    await askToKeep();
    Door.views.show('choose');
    Door.sync.kick('online');
  }

  // A browser that is short of room clears what it was not asked to keep.
  async function askToKeep() {
    try {
      Door.page.notKept = !(await navigator.storage.persisted()) && !(await navigator.storage.persist());
    } catch (_problem) {
      Door.page.notKept = false; // it cannot be asked, so there is nothing to say
    }
  }

  function on(name, act) {
    document.querySelectorAll('[data-' + name + ']').forEach(function (element) { element.addEventListener('click', act); });
  }

  function wire() {
    Door.find('enrol-form').addEventListener('submit', enrol);
    on('open-choose', function () { Door.scanning.close(); Door.views.show('choose'); });
    on('open-unsent', function () { Door.views.show('unsent'); });
    on('open-scan', function () { Door.views.show(Door.scanning.choice === null ? 'choose' : 'scan'); });
    on('open-enrol', function () { showEnrol(''); });
    on('camera-again', Door.camera.start);
    on('lamp', function () {
      Door.camera.turnLamp().then(function (lit) { Door.find('lamp').setAttribute('aria-pressed', String(lit)); });
    });
    Door.find('cameras').addEventListener('change', function (event) { Door.camera.choose(event.target.value); });
    document.querySelectorAll('[data-direction-button]').forEach(function (button) {
      button.addEventListener('click', function () { turn(button.getAttribute('data-direction-button')); });
    });
    Door.find('photo').addEventListener('change', onPhoto);
    window.addEventListener('hashchange', function () {
      const code = codeInAddress();
      if (code !== '') {
        showEnrol(code);
      }
    });
  }

  async function turn(direction) {
    const choice = { handle: Door.scanning.choice.handle, direction: direction };
    Door.scanning.open(choice);
    Door.answer.hide();
    Door.views.drawHead();
    await Door.store.put('choice', choice);
  }

  async function onPhoto(event) {
    const input = event.target;
    if (input.files.length === 0) {
      return;
    }
    let text = null;
    try {
      text = await Door.pictures.readPhoto(input.files[0]);
    } catch (_problem) {
      text = null; // not a picture
    }
    input.value = '';
    if (text === null) {
      Door.answer.show(Door.outcomes.ofLocal(null, 'no_code', {}, null));
    } else {
      Door.tell('card', { text: text, method: 'photo' });
    }
  }

  async function begin() {
    Door.camera.showIn(Door.find('video'));
    [Door.views, Door.answer, Door.listing, Door.typing, Door.scanning].forEach(function (part) { part.start(); });
    wire();
    Door.installing.start();
    const code = codeInAddress();
    await Door.device.load();
    await Door.bundle.load();
    if (code !== '' || Door.device.known === null) {
      showEnrol(code);
      if (Door.device.known === null) {
        return;
      }
    } else {
      await goOn();
    }
    await Door.queue.forget();
    await askToKeep();
    Door.views.drawState();
    Door.sync.go();
  }

  // A tab that was killed comes back to where it was.
  async function goOn() {
    const choice = await Door.store.get('choice');
    if (choice && Door.bundle.occurrence(choice.handle) !== null) {
      Door.scanning.open(choice);
      Door.views.show('scan');
    } else {
      Door.views.show('choose');
    }
  }

  Door.on('store-lost', function () { location.reload(); });

  if (isAble()) {
    begin().catch(function (problem) {
      Door.find('broken-words').textContent = String(problem);
      Door.views.show('broken');
    });
  } else {
    document.querySelectorAll('[data-view]').forEach(function (view) { view.hidden = view.getAttribute('data-view') !== 'insecure'; });
  }
}());
