/* Which part of the page is shown, and what its head says: occurrence, direction, counts, network, queue, warnings. */
(function () {
  'use strict';

  const Door = window.Door;
  const CLOCK_OFF_MS = 2 * 60000;
  const CAMERA_STATES = ['starting', 'denied', 'missing', 'busy', 'lost', 'off'];

  let current = '';

  function show(name) {
    current = name;
    document.querySelectorAll('[data-view]').forEach(function (view) { view.hidden = view.getAttribute('data-view') !== name; });
    document.body.setAttribute('data-showing', name);
    if (name === 'choose') {
      Door.choosing.draw();
      Door.installing.look();
    }
    if (name === 'unsent') {
      Door.listing.drawUnsent();
    }
    if (name === 'scan') {
      drawHead();
      drawCounts();
      Door.listing.draw();
      Door.camera.start();
      stayAwake();
    } else {
      Door.answer.hide();
      Door.camera.stop();
    }
    drawState();
  }

  function text(name, value) {
    document.querySelectorAll('[data-' + name + ']').forEach(function (element) { element.textContent = value; });
  }

  function drawHead() {
    const choice = Door.scanning.choice;
    const one = choice === null ? null : Door.bundle.occurrence(choice.handle);
    if (one === null) {
      return;
    }
    text('title', one.title);
    text('when', Door.choosing.dayOf(one) + ' ' + Door.choosing.hours(one));
    document.body.setAttribute('data-direction', choice.direction);
    document.querySelectorAll('[data-direction-button]').forEach(function (button) {
      button.setAttribute('aria-pressed', String(button.getAttribute('data-direction-button') === choice.direction));
    });
  }

  // The server's numbers, and beside them what it does not know yet.
  async function drawCounts() {
    const handle = Door.scanning.choice === null ? '' : Door.scanning.choice.handle;
    const found = await Door.queue.counts(handle);
    const one = Door.sync.state.occurrences.find(function (known) { return known.handle === handle; }) || Door.bundle.occurrence(handle);
    if (one) {
      text('inside', Math.max(0, one.inside + found.in - found.out));
      text('came', one.came + found.in);
    }
    text('waiting', found.waiting + found.undos);
    text('stuck', found.stuck);
    Door.find('queue').hidden = found.waiting + found.undos === 0;
    Door.find('stuck-note').hidden = found.stuck === 0;
    if (Door.device.known !== null) {
      Door.device.remember(found.seq, found.waiting);
    }
  }

  function warnings() {
    const state = Door.sync.state;
    const found = [];
    if (Door.device.known === null) {
      return found;
    }
    if (Door.device.known.revoked || state.trouble === 'device_revoked') {
      found.push(Door.say('warn-revoked'));
    } else if (state.trouble !== null) {
      found.push(Door.say('warn-' + state.trouble));
    }
    if (Door.bundle.isOld()) {
      found.push(Door.say('warn-old'));
    }
    const skew = Door.clock.skew();
    if (skew !== null && Math.abs(skew) > CLOCK_OFF_MS) {
      found.push(Door.say(skew > 0 ? 'warn-clock-ahead' : 'warn-clock-behind', { minutes: Math.round(Math.abs(skew) / 60000) }));
    }
    if (state.lost > 0) {
      found.push(Door.say('warn-lost', { count: state.lost }));
    }
    if (Door.page.notKept && current !== 'scan') { // at the door nothing can be done about it
      found.push(Door.say('warn-not-kept'));
    }
    return found;
  }

  // Written only when they change: a screen reader says each of them once.
  function drawWarnings(found) {
    const list = Door.find('warnings');
    const told = Array.from(list.children).map(function (line) { return line.textContent; });
    if (told.join('\n') === found.join('\n')) {
      return;
    }
    list.textContent = '';
    found.forEach(function (warning) {
      const line = document.createElement('li');
      line.textContent = warning;
      list.appendChild(line);
    });
    list.hidden = found.length === 0;
  }

  function drawState() {
    const state = Door.sync.state;
    document.body.setAttribute('data-network', state.network);
    text('network-words', Door.say('network-' + state.network));
    drawWarnings(warnings());
    Door.find('again-enrol').hidden = !(Door.device.known !== null && (Door.device.known.revoked || state.trouble === 'device_unknown'));
    const held = Door.bundle.held;
    text('valid', held === null ? '' : Door.say('valid-until', {
      when: Door.localDay(held.bundle.valid_until_ms).slice(5).replace('-', '/') + ' ' + Door.localTime(held.bundle.valid_until_ms),
    }));
    text('device-name', Door.device.known === null ? '' : Door.device.known.name);
  }

  function drawCamera(state) {
    const note = Door.find('camera-note');
    note.hidden = state === 'on';
    note.setAttribute('data-state', state);
    Door.find('camera-words').textContent = CAMERA_STATES.indexOf(state) === -1 ? '' : Door.say('camera-' + state);
    Door.find('camera-again').hidden = state === 'starting' || state === 'off';
    Door.find('lamp').hidden = state !== 'on' || !Door.camera.hasLamp();
    if (state === 'on') {
      Door.camera.all().then(drawCameras);
    }
  }

  function drawCameras(cameras) {
    const select = Door.find('cameras');
    select.textContent = '';
    cameras.forEach(function (camera) {
      const option = document.createElement('option');
      option.value = camera.id;
      option.textContent = camera.label;
      option.selected = camera.used;
      select.appendChild(option);
    });
    Door.find('cameras-field').hidden = cameras.length < 2;
  }

  // A door that falls asleep is closed. The lock ends whenever the page is hidden, hence the asking again.
  function stayAwake() {
    if ('wakeLock' in navigator && document.visibilityState === 'visible' && current === 'scan') {
      navigator.wakeLock.request('screen').catch(function () { /* low battery: the device decides */ });
    }
  }

  function start() {
    document.addEventListener('visibilitychange', stayAwake);
    Door.on('camera', drawCamera);
    Door.on('sync', function () { drawState(); drawCounts(); if (current === 'choose') { Door.choosing.draw(); } });
    Door.on('bundle', function () { drawHead(); drawState(); });
    ['scanned', 'answered', 'receipts', 'stuck', 'undo-answered'].forEach(function (news) { Door.on(news, drawCounts); });
    ['stuck', 'receipts'].forEach(function (news) { Door.on(news, function () { if (current === 'unsent') { Door.listing.drawUnsent(); } }); });
    setInterval(drawState, 15000);
  }

  Door.views = { start: start, show: show, drawHead: drawHead, drawCounts: drawCounts, drawState: drawState, get current() { return current; } };
}());
