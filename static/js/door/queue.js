/* The scans of this device, in its memory before anybody is told anything. A scan is `waiting` until the server has given
   a receipt, then `done` (kept a day, without card and name); one that the server will not take is `stuck`, and shown.
   A scan that may have been sent is never changed any more: the server tells a repetition by its content. */
(function () {
  'use strict';

  const Door = window.Door;
  const run = Door.store.run;
  const each = Door.store.each;
  const KEPT_MS = 24 * 3600000;
  const MOVING = ['ok', 'checked_out'];
  const MOVED = ['ok', 'checked_out', 'already', 'already_out', 'saved_offline', 'held'];

  function between(state) {
    return IDBKeyRange.bound([state], [state, []]);
  }

  // "AAAA1111 in" while the scan is one more inside than in the numbers of the server that we have; otherwise no such field.
  function tally(scan) {
    const moving = scan.state === 'waiting' ? scan.local === 'saved_offline'
      : scan.state === 'done' && !scan.counted && MOVING.indexOf(scan.receipt.status) !== -1;
    if (moving && !scan.undone) {
      scan.tally = scan.occurrence + ' ' + scan.direction;
    } else {
      delete scan.tally;
    }
  }

  /* The server has told its numbers: what is done is in them. */
  function counted() {
    return run(['scans'], 'readwrite', function (stores) {
      each(stores.scans.index('by_tally'), null, 'next', function (scan, cursor) {
        if (scan.state === 'done') {
          scan.counted = true;
          tally(scan);
          cursor.update(scan);
        }
      });
    });
  }

  /* The scan stands on the disk, with the next number of this device. The number and the scan are one transaction, and
     transactions of all tabs take turns, so no number is given twice or without its scan. */
  function add(item, facts) {
    return run(['state', 'scans'], 'readwrite', function (stores, give) {
      stores.state.get('seq').onsuccess = function (event) {
        const seq = (event.target.result || 0) + 1;
        const scan = Object.assign({ client_uid: item.client_uid, seq: seq, state: 'waiting', tries: 0, attempted: false,
          undone: false, receipt: null, item: Object.assign({}, item, { seq: seq }) }, facts);
        tally(scan);
        stores.state.put(seq, 'seq');
        stores.scans.add(scan);
        give(scan);
      };
    });
  }

  /* The oldest scans that wait, marked as sent before they are; one on which the server broke comes last, and alone. `seq` is the highest number given so far. */
  function take(limit) {
    return run(['state', 'scans'], 'readwrite', function (stores, give) {
      const taken = { seq: 0, queued: 0, scans: [] };
      give(taken);
      stores.state.get('seq').onsuccess = function (event) { taken.seq = event.target.result || 0; };
      stores.scans.index('by_state').count(between('waiting')).onsuccess = function (event) { taken.queued = event.target.result; };
      each(stores.scans.index('by_state'), between('waiting'), 'next', function (scan, cursor) {
        if (taken.scans.length >= limit || (scan.tries > 0 && taken.scans.length > 0)) {
          return false;
        }
        if (!scan.attempted) {
          scan.attempted = true;
          cursor.update(scan);
        }
        taken.scans.push(scan);
        return scan.tries === 0;
      });
    });
  }

  function change(uid, act) {
    return run(['scans'], 'readwrite', function (stores, give) {
      stores.scans.get(uid).onsuccess = function (event) {
        const scan = event.target.result;
        if (scan) {
          act(scan);
          tally(scan);
          stores.scans.put(scan);
          give(scan);
        }
      };
    });
  }

  // A receipt without the pupil: nobody who finds this device is to read names in it.
  function bare(receipt) {
    const kept = Object.assign({}, receipt);
    delete kept.pupil;
    return kept;
  }

  function settleOne(scan, receipt) {
    scan.receipt = bare(receipt);
    scan.done_ms = Date.now();
    if (receipt.status === 'conflict') {
      scan.state = 'stuck';
      scan.why = 'conflict';
    } else {
      scan.state = 'done';
      delete scan.item.card;
    }
  }

  /* The scans with these receipts are done; those whose receipt says to come again go on waiting. */
  function settle(receipts) {
    return run(['scans'], 'readwrite', function (stores) {
      receipts.forEach(function (receipt) {
        stores.scans.get(receipt.client_uid).onsuccess = function (event) {
          const scan = event.target.result;
          if (scan && scan.state === 'waiting') {
            settleOne(scan, receipt);
            tally(scan);
            stores.scans.put(scan);
          }
        };
      });
    });
  }

  function stick(uid, why) {
    return change(uid, function (scan) { scan.state = 'stuck'; scan.why = why; });
  }

  function failed(uid) {
    return change(uid, function (scan) { scan.tries += 1; });
  }

  function retry() {
    return run(['scans'], 'readwrite', function (stores) {
      each(stores.scans.index('by_state'), between('stuck'), 'next', function (scan, cursor) {
        if (scan.why !== 'conflict' && scan.why !== 'other_device') {
          scan.state = 'waiting';
          scan.tries = 0;
          tally(scan);
          cursor.update(scan);
        }
      });
    });
  }

  /* What this device remembers of a card in an occurrence: its last scan that moved somebody, or may have. */
  function lastOf(mark) {
    return run(['scans'], 'readonly', function (stores, give) {
      stores.scans.index('by_mark').getAll(mark).onsuccess = function (event) {
        const counted = event.target.result.filter(function (scan) {
          const status = scan.receipt === null ? scan.local : scan.receipt.status;
          return !scan.undone && MOVED.indexOf(status) !== -1;
        });
        give(counted.sort(function (one, other) { return other.seq - one.seq; })[0] || null);
      };
    });
  }

  function latest(limit) {
    return run(['scans'], 'readonly', function (stores, give) {
      const found = [];
      give(found);
      each(stores.scans.index('by_seq'), null, 'prev', function (scan) {
        found.push(scan);
        return found.length < limit;
      });
    });
  }

  function unsent() {
    return run(['scans'], 'readonly', function (stores, give) {
      const found = { waiting: [], stuck: [] };
      give(found);
      ['waiting', 'stuck'].forEach(function (state) {
        stores.scans.index('by_state').getAll(between(state)).onsuccess = function (event) { found[state] = event.target.result; };
      });
    });
  }

  /* How many there are: waiting, stuck, numbered so far; and of one occurrence, what the server does not know yet. */
  function counts(handle) {
    return run(['state', 'scans', 'undos'], 'readonly', function (stores, give) {
      const found = { seq: 0, waiting: 0, undos: 0, stuck: 0, in: 0, out: 0 };
      stores.undos.count().onsuccess = function (event) { found.undos = event.target.result; };
      give(found);
      stores.state.get('seq').onsuccess = function (event) { found.seq = event.target.result || 0; };
      ['waiting', 'stuck'].forEach(function (state) {
        stores.scans.index('by_state').count(between(state)).onsuccess = function (event) { found[state] = event.target.result; };
      });
      ['in', 'out'].forEach(function (direction) {
        stores.scans.index('by_tally').count(handle + ' ' + direction).onsuccess = function (event) { found[direction] = event.target.result; };
      });
    });
  }

  /* Done scans older than a day are gone. */
  function forget() {
    return run(['scans'], 'readwrite', function (stores) {
      const before = Date.now() - KEPT_MS;
      each(stores.scans.index('by_state'), between('done'), 'next', function (scan, cursor) {
        if (scan.done_ms < before) {
          cursor.delete();
        }
      });
    });
  }

  // Scans that an earlier device of the same organiser never got a receipt for are sent by the new one, under its own
  // numbers; those of another organiser's cannot be, and are kept for the list.
  function handOver(stores, same) {
    stores.scans.index('by_state').getAll(between('waiting')).onsuccess = function (event) {
      event.target.result.forEach(function (scan, at) {
        if (same) {
          scan.seq = at + 1;
          Object.assign(scan.item, { seq: at + 1, bundle: null });
          Object.assign(scan, { attempted: false, tries: 0 });
        } else {
          Object.assign(scan, { state: 'stuck', why: 'other_device' });
        }
        tally(scan);
        stores.scans.put(scan);
      });
      stores.state.put(same ? event.target.result.length : 0, 'seq');
    };
  }

  /* `device` is who this browser is from now on. */
  function begin(device, before) {
    return run(['state', 'scans', 'undos'], 'readwrite', function (stores) {
      stores.state.put(device, 'device');
      stores.state.delete('bundle');
      stores.state.delete('choice');
      stores.undos.clear();
      handOver(stores, before === null || before.organiser === device.organiser);
    });
  }

  Door.queue = {
    add: add, take: take, settle: settle, stick: stick, failed: failed, retry: retry, lastOf: lastOf, latest: latest, unsent: unsent,
    counts: counts, counted: counted, forget: forget, begin: begin, tally: tally, bare: bare,
  };
}());
