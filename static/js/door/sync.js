/* Sends what waits, in batches, until every scan has its receipt. One tab sends at a time. Nothing is ever given up:
   what the server refuses to take by itself is set aside and shown. */
(function () {
  'use strict';

  const Door = window.Door;
  const BATCH = 50;
  const LEASE_MS = 25000; // longer than the longest request
  const IDLE_MS = 20000;
  const LONGEST_MS = 30000;
  const EAGER_MS = 3000; // without a network a new scan tries again, but not more often than this
  const AT_ONCE_MS = 30000;
  const COME_AGAIN = ['server_busy', 'rate_limited'];
  const GIVEN_UP_AFTER = 5; // a scan on which the server breaks so often, alone, lets the others pass

  const here = Door.randomId(9);
  const state = { network: 'connecting', trouble: null, lost: 0, occurrences: [] };
  let failures = 0;
  let size = BATCH;
  let timer = null;
  let running = false;
  let again = false;
  let triedAt = -Infinity;
  let lookedAt = -Infinity;

  function show(changes) {
    Object.assign(state, changes);
    Door.tell('sync', state);
  }

  // One sender for all tabs: a lock of the browser, or where it has none a lease in the database.
  function alone(act) {
    if (navigator.locks) {
      return navigator.locks.request('door-sync', { ifAvailable: true }, function (lock) { return lock === null ? 'taken' : act(); });
    }
    return lease().then(function (got) { return got ? act().then(release, release) : 'taken'; });
  }

  function lease() {
    return Door.store.run(['state'], 'readwrite', function (stores, give) {
      stores.state.get('lease').onsuccess = function (event) {
        const held = event.target.result;
        const left = held ? held.until - Date.now() : 0;
        const free = !held || held.holder === here || left <= 0 || left > LEASE_MS; // further off: the clock was set
        if (free) {
          stores.state.put({ holder: here, until: Date.now() + LEASE_MS }, 'lease');
        }
        give(free);
      };
    });
  }

  function release(passed) {
    return Door.store.run(['state'], 'readwrite', function (stores) {
      stores.state.get('lease').onsuccess = function (event) {
        if (event.target.result && event.target.result.holder === here) {
          stores.state.delete('lease');
        }
      };
    }).then(function () {
      if (passed instanceof Error) {
        throw passed;
      }
      return passed;
    });
  }

  function Pause(ms) {
    this.ms = ms;
  }

  // What an answer means for everything else: who we are, whether the server has time. True: the answer itself counts.
  async function understood(answer) {
    const status = answer.body === null ? '' : answer.body.status;
    if (answer.body === null && answer.status < 500) {
      throw new Error('not our server');
    }
    if (answer.status === 401) {
      show({ network: 'online', trouble: 'device_unknown' });
      throw new Pause(LONGEST_MS);
    }
    if (answer.status === 403) {
      await Door.device.mark({ revoked: true });
      show({ network: 'online', trouble: 'device_revoked' });
      return false;
    }
    if (answer.status === 429 || answer.status === 503 || status === 'server_busy') {
      show({ network: 'online', trouble: 'server_busy' });
      throw new Pause(1000 * Number(answer.headers.get('Retry-After') || 0));
    }
    if (answer.status === 200 && Door.device.known.revoked === false && state.trouble !== null) {
      show({ trouble: null });
    }
    return answer.status === 200;
  }

  async function post(path, body) {
    if (!navigator.locks) {
      await lease(); // it must not run out during this request
    }
    return Door.device.ask('POST', path, body);
  }

  async function keep(receipts) {
    const final = receipts.filter(function (receipt) { return receipt.final !== false && COME_AGAIN.indexOf(receipt.status) === -1; });
    await Door.queue.settle(final);
    if (final.length > 0) {
      Door.tellAll('receipts', final);
    }
    return final.length;
  }

  // Whether a scan goes out at once or waited is no part of its content: the same scan may be sent either way.
  function asSent(scan) {
    return Object.assign({}, scan.item, { offline: !Door.clock.isYoung(scan.item.clock, AT_ONCE_MS) });
  }

  async function sendOne(taken) {
    const scan = taken.scans[0];
    const answer = await post('/api/device/scans', asSent(scan));
    if (await understood(answer)) {
      size = Math.min(BATCH, size * 2);
      await keep([answer.body]);
    } else if (answer.status !== 403) {
      await refuse(scan, answer);
    }
  }

  // 4xx: it will never be taken as it is. 5xx: perhaps later, but the others must not wait for it for ever.
  async function refuse(scan, answer) {
    if (answer.status < 500) {
      await Door.queue.stick(scan.client_uid, answer.body.status === 'conflict' ? 'conflict' : 'refused');
      Door.tellAll('stuck', scan.client_uid);
      return;
    }
    // Only while the server answers otherwise is it this scan that it breaks on.
    if (!await lookAround()) {
      throw new Pause(0);
    }
    const tried = await Door.queue.failed(scan.client_uid);
    if (tried && tried.tries >= GIVEN_UP_AFTER) {
      await Door.queue.stick(scan.client_uid, 'server_error');
      Door.tellAll('stuck', scan.client_uid);
    } else if (tried && tried.tries > 1) {
      throw new Pause(0); // the others have passed by now
    }
  }

  async function sendMany(taken) {
    const items = taken.scans.map(asSent);
    const answer = await post('/api/device/batches', { seq: taken.seq, queued: taken.queued, items: items });
    if (await understood(answer)) {
      size = BATCH;
      show({ lost: answer.body.lost || 0 });
      if (await keep(answer.body.receipts) === 0) {
        throw new Pause(0); // every one of them is to come again
      }
    } else if (items.length > 1) {
      size = Math.max(1, Math.floor(items.length / 4)); // one bad scan is found by halves, and spoils no others
      if (answer.status >= 500) {
        throw new Pause(0);
      }
    } else {
      await refuse(taken.scans[0], answer);
    }
  }

  async function sendScans() {
    for (;;) {
      const taken = await Door.queue.take(size);
      if (taken.scans.length === 0) {
        return;
      }
      Door.tell('sending');
      // A revoked device may hand in what it has, in batches alone.
      if (taken.scans.length === 1 && !Door.device.known.revoked) {
        await sendOne(taken);
      } else {
        await sendMany(taken);
      }
      heard();
    }
  }

  async function sendUndos() {
    for (const undoing of await Door.queue.undos()) {
      const answer = await post('/api/device/undo', undoing);
      const good = await understood(answer);
      if (answer.status >= 500) {
        throw new Pause(0);
      }
      const undone = good && (answer.body.good === true || answer.body.status === 'undone');
      await Door.queue.settleUndo(undoing, answer.body, undone);
      Door.tellAll('undo-answered', { uid: undoing.undoes, undone: undone });
    }
  }

  async function lookAround() {
    if (Door.device.known.revoked) {
      return false;
    }
    const answer = await Door.device.ask('GET', '/api/device/occurrences', null);
    const fine = await understood(answer);
    if (fine) {
      await Door.queue.counted();
      show({ network: 'online', occurrences: answer.body.occurrences });
    }
    return fine;
  }

  function heard() {
    failures = 0;
    show({ network: 'online' });
  }

  async function everything() {
    do {
      again = false;
      await sendScans();
      await sendUndos();
    } while (again);
    if (performance.now() - lookedAt > IDLE_MS / 2) {
      if (await lookAround()) {
        heard();
      }
      lookedAt = performance.now();
      Door.bundle.renew(); // may be large: no scan waits for it
    }
    return 'done';
  }

  function pauseAfter(problem) {
    failures += 1;
    const usual = Math.min(LONGEST_MS, 1000 * Math.pow(2, failures - 1)) * (0.75 + Math.random() / 2);
    return Math.max(usual, problem instanceof Pause ? problem.ms : 0);
  }

  async function go() {
    if (Door.device.known === null) {
      return;
    }
    if (running) {
      again = true;
      return;
    }
    running = true;
    triedAt = performance.now();
    clearTimeout(timer);
    let pause = IDLE_MS;
    try {
      pause = await alone(everything) === 'taken' ? 1000 : IDLE_MS;
    } catch (problem) {
      pause = pauseAfter(problem);
      if (!(problem instanceof Pause)) {
        show({ network: 'offline' });
      }
    }
    running = false;
    Door.tell('sent');
    timer = setTimeout(go, again && failures === 0 ? 0 : pause);
  }

  /* Something new waits, or the network may be back. */
  function kick(event) {
    if (event === 'online') {
      failures = 0;
    }
    const eager = state.network === 'offline' && performance.now() - triedAt > EAGER_MS;
    if (running) {
      again = true;
    } else if (failures === 0 || eager) {
      go();
    }
  }

  window.addEventListener('online', function () { kick('online'); });
  window.addEventListener('offline', function () { show({ network: 'offline' }); });
  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'visible') {
      kick('online');
    }
  });

  Door.sync = { go: go, kick: kick, state: state };
}());
