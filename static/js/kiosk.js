/* Turns the codes of a screen. They are fetched two minutes ahead with the server's time, and turned by a clock that
   nobody can set (performance.now). A code that the server would refuse is never left standing: without a fresh one
   the screen says so instead. Both directions are fetched, whichever is shown: switching needs neither the network nor
   whoever opened the screen. */
(function () {
  'use strict';

  const POLL_MS = 10000; // one slot: the count stays fresh, and each answer brings one more code
  const GOOD_FOR_MS = 12000; // beyond its slot the server takes a code for 13 s; a second is the network's
  const CLOCKS_MAY_DIFFER_MS = 2000;

  const kiosk = document.querySelector('[data-kiosk]');
  const next = document.querySelector('[data-next]');
  const bar = document.querySelector('[data-bar]');
  const line = document.querySelector('[data-line]');
  const usualLine = line.textContent;

  let slotMs = Number(bar.max) * 1000;
  let typedSlotMs = 60000;
  let serverMs = Number(kiosk.dataset.serverMs); // the server's time at …
  let heardAt = performance.now(); // … this instant of our own clock
  let wallAtHeard = Date.now();
  let mode = kiosk.dataset.mode;
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

  function say(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail: detail }));
  }

  // One direction: its code, the short code below it, and whether its door is open.
  function Side(root) {
    this.root = root;
    this.name = root.dataset.side;
    this.frame = root.querySelector('[data-frame]');
    this.closed = root.querySelector('[data-closed]');
    this.typedLine = root.querySelector('[data-typed-line]');
    this.open = this.closed.hidden;
    this.slot = Number(root.dataset.slot);
    this.codes = new Map(); // slot → rows
    this.typed = new Map(); // its own, longer slot → text
  }

  Side.prototype.draw = function (rows) {
    const size = rows.length + 8;
    const drawing = this.frame.querySelector('svg');
    const path = rows.map(function (row, y) {
      return row.replace(/1+|0+/g, function (run, x) {
        return run[0] === '1' ? 'M' + x + ' ' + y + 'h' + run.length + 'v1h-' + run.length + 'z' : '';
      });
    }).join('');
    drawing.setAttribute('viewBox', '-4 -4 ' + size + ' ' + size);
    drawing.querySelector('path').setAttribute('d', path);
  };

  Side.prototype.take = function (told) {
    const side = this;
    side.open = told.door === 'open';
    told.codes.forEach(function (code) { side.codes.set(code.slot, code.rows); });
    side.typed.clear();
    told.typed.forEach(function (code) { side.typed.set(code.slot, code.text); });
    side.closed.querySelector('[data-notice]').textContent = told.notice;
  };

  Side.prototype.forget = function () {
    this.codes.clear();
  };

  // True while this side is on the screen, its door is open, and there is nothing fresh to show.
  Side.prototype.show = function (now, slept) {
    const slot = Math.floor(now / slotMs);
    const codes = this.codes;
    if (codes.has(slot) && this.slot !== slot) {
      this.draw(codes.get(slot));
      this.slot = slot;
    }
    codes.forEach(function (_rows, old) { if (old < slot - 1) { codes.delete(old); } });
    const typed = this.typed.get(Math.floor(now / typedSlotMs));
    if (typed) {
      this.typedLine.querySelector('[data-typed]').textContent = typed;
    }
    const stale = this.slot === 0 || now - (this.slot + 1) * slotMs > GOOD_FOR_MS || slept;
    const open = this.open && !ended;
    this.root.hidden = mode !== 'both' && mode !== this.name;
    this.frame.hidden = !open || stale;
    this.typedLine.hidden = this.frame.hidden;
    this.closed.hidden = open;
    return !this.root.hidden && open && stale;
  };

  const sides = Array.from(kiosk.querySelectorAll('[data-side]')).map(function (root) { return new Side(root); });

  function show() {
    const now = serverNow();
    const slept = overslept();
    if (slept && !woke) {
      woke = true;
      poll();
    }
    const stale = sides.filter(function (side) { return side.show(now, slept); });
    if (stale.length > 0) {
      say('screen:alarm', kiosk.dataset.textOut);
    } else if (!ended) {
      say('screen:calm');
    }
    next.hidden = sides.every(function (side) { return side.root.hidden || side.frame.hidden; });
    line.textContent = failures > 0 ? kiosk.dataset.textReconnecting : usualLine;
    bar.value = Math.max(0, Math.ceil(((Math.floor(now / slotMs) + 1) * slotMs - now) / 1000));
  }

  // `at` and `wall` are the two clocks at one moment: a body that comes slowly must not look like a tablet that slept.
  function take(answer, at, wall) {
    serverMs = answer.server_ms;
    heardAt = at;
    wallAtHeard = wall;
    slotMs = answer.slot_seconds * 1000;
    typedSlotMs = answer.typed_slot_seconds * 1000;
    sides.forEach(function (side) { side.take(answer.sides[side.name]); });
    document.querySelector('[data-inside]').textContent = answer.inside;
    document.querySelector('[data-came]').textContent = answer.came;
    failures = 0;
    woke = false;
  }

  function end(message) {
    ended = true;
    sides.forEach(function (side) { side.forget(); });
    say('screen:alarm', message);
    show();
  }

  // The newest slot that every open side has.
  function latest() {
    const newest = sides.filter(function (side) { return side.open; }).map(function (side) {
      return Math.max.apply(null, [0].concat(Array.from(side.codes.keys())));
    });
    return newest.length > 0 ? Math.min.apply(null, newest) : 0;
  }

  function ask() {
    if (overslept()) {
      sides.forEach(function (side) { side.forget(); });
    }
    const stop = new AbortController();
    const patience = setTimeout(function () { stop.abort(); }, POLL_MS);
    return fetch(kiosk.dataset.url + '&after=' + latest(), {
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

  // What is shown stands in the address too, so that a tablet that starts anew comes back with it.
  function remember(name, value) {
    const address = new URL(window.location.href);
    const field = document.querySelector('form.action input[name="' + name + '"]');
    if (value) {
      address.searchParams.set(name, value);
    } else {
      address.searchParams.delete(name);
    }
    window.history.replaceState(null, '', address.href);
    if (field !== null) {
      field.value = value;
    }
  }

  function switchTo(which) {
    mode = which;
    ['in', 'out', 'both'].forEach(function (each) {
      document.body.classList.toggle('kiosk--' + each, each === which);
    });
    document.querySelectorAll('[data-show]').forEach(function (link) { link.hidden = link.dataset.show === which; });
    document.querySelectorAll('[data-for]').forEach(function (steps) { steps.hidden = steps.dataset.for !== which; });
    remember('direction', which);
    show();
  }

  document.querySelectorAll('[data-show]').forEach(function (link) {
    link.addEventListener('click', function (event) {
      event.preventDefault();
      switchTo(link.dataset.show);
    });
  });

  const large = document.querySelector('[data-large]');
  large.hidden = false;
  large.addEventListener('click', function () {
    const on = document.body.classList.toggle('kiosk--large');
    large.setAttribute('aria-pressed', String(on));
    remember('large', on ? '1' : '');
  });

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
