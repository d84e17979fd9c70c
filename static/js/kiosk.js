/* Turns the codes of a screen. They are fetched two minutes ahead with the server's time, and turned by a clock that
   nobody can set (performance.now). A code that the server would refuse is never left standing: without a fresh one
   the screen says so instead. */
(function () {
  'use strict';

  const POLL_MS = 10000; // one slot: the count stays fresh, and each answer brings one more code
  const GOOD_FOR_MS = 12000; // beyond its slot the server takes a code for 13 s; a second is the network's
  const CLOCKS_MAY_DIFFER_MS = 2000;

  const kiosk = document.querySelector('[data-kiosk]');
  const frame = kiosk.querySelector('[data-frame]');
  const drawing = frame.querySelector('svg');
  const closed = kiosk.querySelector('[data-closed]');
  const next = document.querySelector('[data-next]');
  const bar = document.querySelector('[data-bar]');
  const line = document.querySelector('[data-line]');
  const usualLine = line.textContent;

  const codes = new Map(); // slot → rows
  let slotMs = Number(bar.max) * 1000;
  let serverMs = Number(kiosk.dataset.serverMs); // the server's time at …
  let heardAt = performance.now(); // … this instant of our own clock
  let wallAtHeard = Date.now();
  let door = closed.hidden ? 'open' : 'shut';
  let shown = Number(kiosk.dataset.slot);
  let failures = 0;
  let ended = false;
  let asking = false;
  let woke = false;
  let timer = null;

  // Behind the server's clock by the time the answer took, never ahead of it: a future code would be refused.
  function serverNow() {
    return serverMs + performance.now() - heardAt;
  }

  // A tablet that slept may have stopped its monotonic clock: then nothing fetched before can be trusted.
  function overslept() {
    return Math.abs((Date.now() - wallAtHeard) - (performance.now() - heardAt)) > CLOCKS_MAY_DIFFER_MS;
  }

  function draw(rows) {
    const size = rows.length + 8;
    const path = rows.map(function (row, y) {
      return row.replace(/1+|0+/g, function (run, x) {
        return run[0] === '1' ? 'M' + x + ' ' + y + 'h' + run.length + 'v1h-' + run.length + 'z' : '';
      });
    }).join('');
    drawing.setAttribute('viewBox', '-4 -4 ' + size + ' ' + size);
    drawing.querySelector('path').setAttribute('d', path);
  }

  function say(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail: detail }));
  }

  function show() {
    const now = serverNow();
    const slot = Math.floor(now / slotMs);
    if (codes.has(slot) && shown !== slot) {
      draw(codes.get(slot));
      shown = slot;
    }
    if (overslept() && !woke) {
      woke = true;
      poll();
    }
    const stale = shown === 0 || now - (shown + 1) * slotMs > GOOD_FOR_MS || overslept();
    const open = door === 'open' && !ended;
    frame.hidden = !open || stale;
    next.hidden = frame.hidden;
    closed.hidden = open;
    if (open && stale) {
      say('screen:alarm', kiosk.dataset.textOut);
    } else if (!ended) {
      say('screen:calm');
    }
    line.textContent = failures > 0 ? kiosk.dataset.textReconnecting : usualLine;
    bar.value = Math.max(0, Math.ceil(((slot + 1) * slotMs - now) / 1000));
    codes.forEach(function (_rows, old) { if (old < slot - 1) { codes.delete(old); } });
  }

  // `at` and `wall` are the two clocks at one moment: a body that comes slowly must not look like a tablet that slept.
  function take(answer, at, wall) {
    serverMs = answer.server_ms;
    heardAt = at;
    wallAtHeard = wall;
    slotMs = answer.slot_seconds * 1000;
    door = answer.door;
    answer.codes.forEach(function (code) { codes.set(code.slot, code.rows); });
    document.querySelector('[data-inside]').textContent = answer.inside;
    document.querySelector('[data-came]').textContent = answer.came;
    closed.querySelector('[data-notice]').textContent = answer.notice;
    failures = 0;
    woke = false;
  }

  function end(message) {
    ended = true;
    codes.clear();
    say('screen:alarm', message);
    show();
  }

  function ask() {
    if (overslept()) {
      codes.clear();
    }
    const latest = codes.size > 0 ? Math.max.apply(null, Array.from(codes.keys())) : 0;
    const stop = new AbortController();
    const patience = setTimeout(function () { stop.abort(); }, POLL_MS);
    return fetch(kiosk.dataset.url + '&after=' + latest, {
      headers: { 'X-Screen-Pass': kiosk.dataset.pass, Accept: 'application/json' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: stop.signal,
    }).then(function (response) {
      const heard = performance.now();
      const wall = Date.now();
      if (response.status === 401) {
        return response.json().then(function (answer) { end(answer.message); });
      }
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      return response.json().then(function (answer) { take(answer, heard, wall); });
    }).catch(function () {
      failures += 1;
    }).then(function () {
      clearTimeout(patience);
      show();
    });
  }

  // After a failure sooner than usual, then less and less often, each screen at its own moment.
  function pause() {
    return failures === 0 ? POLL_MS : Math.min(POLL_MS, 1000 * Math.pow(2, failures - 1)) * (0.75 + Math.random() / 2);
  }

  function poll() {
    if (ended || asking) {
      return;
    }
    asking = true;
    clearTimeout(timer);
    ask().then(function () {
      asking = false;
      timer = setTimeout(poll, pause());
    });
  }

  function tellTime() {
    // Shanghai has had no summer time since 1991: its clock is eight hours ahead, all year.
    document.querySelector('[data-clock]').textContent = new Date(serverNow() + 8 * 3600000).toISOString().slice(11, 16);
  }

  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'visible') {
      poll();
    }
  });
  window.addEventListener('online', poll);
  setInterval(function () { show(); tellTime(); }, 250);
  show();
  poll();
}());
