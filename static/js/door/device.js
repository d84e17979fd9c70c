/* This device as the server knows it: a key pair whose private half never leaves the browser, and signed requests. */
(function () {
  'use strict';

  const Door = window.Door;
  const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
  const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
  const REMEMBERED = 'door-device';

  let known = null;
  let tried = null; // {code, pair}

  function load() {
    return Door.store.get('device').then(function (found) {
      known = found || null;
      return known;
    });
  }

  function request(method, path, headers, body, patience) {
    const stop = new AbortController();
    const timer = setTimeout(function () { stop.abort(); }, patience);
    const sentAt = performance.now();
    headers['Accept-Language'] = document.documentElement.lang;
    headers.Accept = 'application/json';
    return fetch(path, {
      method: method, headers: headers, body: body, signal: stop.signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
    }).then(function (response) {
      const heardAt = performance.now();
      return response.text().then(function (text) {
        return { status: response.status, headers: response.headers, body: parsed(text), sentAt: sentAt, heardAt: heardAt };
      });
    }).then(function (answer) {
      clearTimeout(timer);
      return answer;
    }, function (problem) {
      clearTimeout(timer);
      throw problem;
    });
  }

  // A portal of a guests' network answers pages; whoever answers no JSON is not our server.
  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch (_problem) {
      return null;
    }
  }

  function keep(answer) {
    if (answer.body !== null && typeof answer.body.server_ms === 'number') {
      Door.clock.heard(answer.body.server_ms, answer.sentAt, answer.heardAt);
    }
    return answer;
  }

  /* A signed request. Resolves to {status, body, headers} whatever the status is; rejects when nobody answered. */
  async function ask(method, path, body, options) {
    const text = body === null ? '' : JSON.stringify(body);
    const digest = await crypto.subtle.digest('SHA-256', Door.utf8(text));
    const signed = 'kx-device-1\n' + method + '\n' + path + '\n' + Door.hex(digest);
    const signature = await crypto.subtle.sign(SIGNATURE, known.key, Door.utf8(signed));
    const headers = { 'X-Device': known.device, 'X-Device-Signature': Door.base64url(signature) };
    if (body !== null) {
      headers['Content-Type'] = 'application/json';
    }
    Object.assign(headers, (options && options.headers) || {});
    return keep(await request(method, path, headers, body === null ? undefined : text, (options && options.patience) || 15000));
  }

  /* The device is enrolled, or the answer says why not: {status, body} of the server. */
  async function enrol(code) {
    // The same code is tried again with the same key: the server may have taken it, and its answer been lost.
    if (tried === null || tried.code !== code) {
      tried = { code: code, pair: await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']) };
    }
    const pair = tried.pair;
    const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey);
    const body = JSON.stringify({ code: code, public_key: Door.base64url(publicKey) });
    const answer = keep(await request('POST', '/api/device/enrol', { 'Content-Type': 'application/json' }, body, 15000));
    if (answer.status === 200 && answer.body !== null && answer.body.device) {
      const before = known;
      const told = answer.body;
      const device = { device: told.device, name: told.name, organiser: told.organiser, key: pair.privateKey, revoked: false };
      await Door.queue.begin(device, before);
      known = device;
      remember(0, 0);
    }
    return answer;
  }

  function mark(changes) {
    known = Object.assign({}, known, changes);
    return Door.store.put('device', known);
  }

  /* Kept beside the database, which a browser may clear on its own: how many scans had been numbered, and how many had not
     been sent. No name of a pupil, no card. */
  function remember(seq, waiting) {
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify({ name: known.name, seq: seq, waiting: waiting }));
    } catch (_problem) {
      // Without it only the server can tell how many are missing.
    }
  }

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(REMEMBERED));
    } catch (_problem) {
      return null;
    }
  }

  Door.device = {
    load: load, ask: ask, enrol: enrol, mark: mark, remember: remember, remembered: remembered,
    get known() { return known; },
  };
}());
