/* From a text to an answer: sorted, judged, written down, and only then shown. Cards are taken one after the other. */
(function () {
  'use strict';

  const Door = window.Door;
  const AGAIN_MS = 3000; // a card that lies before the camera is one scan
  const SERVER_MS = 500; // with a network the server's word is worth this wait
  const UNDO_MS = 30000;
  const REMEMBERED = 200;

  const seen = new Map(); // text → when it was last before the camera
  const shownFor = new Map(); // client_uid → {at, outcome} of this page's own scans
  const waiting = new Map(); // client_uid → who waits for its receipt
  let choice = null; // {handle, direction}
  let latest = null; // the scan whose answer belongs on the screen
  let line = Promise.resolve();

  function isOpen() {
    return choice !== null && Door.device.known !== null && !Door.device.known.revoked;
  }

  function open(chosen) {
    if (choice === null || choice.handle !== chosen.handle || choice.direction !== chosen.direction) {
      seen.clear();
    }
    choice = chosen;
  }

  function close() {
    choice = null;
  }

  function again(text) {
    const now = performance.now();
    const last = seen.get(text);
    seen.forEach(function (at, old) { if (now - at > AGAIN_MS) { seen.delete(old); } });
    seen.set(text, now);
    return last !== undefined && now - last < AGAIN_MS;
  }

  function take(read) {
    const sorted = Door.judging.sort(read.text, read.method);
    if (choice !== null && Door.device.known !== null && Door.device.known.revoked) {
      Door.answer.show(Door.outcomes.ofLocal(null, 'device_revoked', {}, null)); // nothing may look as if it were recorded
      return;
    }
    if (!isOpen() || again(sorted.cardId || sorted.text)) {
      return;
    }
    const began = read.at || performance.now();
    const chosen = choice;
    line = line.then(function () { return answer(sorted, read.method, chosen, began); }).catch(function (problem) {
      // The disk is full, or the browser has taken it away: then nothing may look as if it were saved.
      Door.answer.show(Door.outcomes.ofLocal(null, 'not_saved', {}, null));
      Door.tell('trouble', String(problem));
    });
  }

  async function answer(sorted, method, chosen, began) {
    if (sorted.kind === 'none' || sorted.kind === 'mistyped') {
      Door.answer.show(Door.outcomes.ofLocal(null, sorted.kind === 'none' ? 'not_a_card' : 'mistyped', {}, null));
      return;
    }
    const clock = Door.clock.stamp(); // when it was scanned, not when it was judged
    const occurrence = Door.bundle.occurrence(chosen.handle) || { handle: chosen.handle };
    const told = await Door.judging.judge(sorted, occurrence, chosen.direction);
    const scan = await save(sorted, method, chosen, clock, told);
    const local = Door.outcomes.ofLocal(scan, told.status, told.values, told.person);
    if (sorted.kind === 'number' && local.status === 'saved_offline') {
      local.note = Door.say('note-number');
    }
    shownFor.set(scan.client_uid, { at: performance.now(), outcome: local });
    if (shownFor.size > REMEMBERED) {
      shownFor.delete(shownFor.keys().next().value);
    }
    latest = scan.client_uid;
    Door.tell('scanned', scan);
    present(scan, local, began); // the next card does not wait for this one's answer
  }

  async function present(scan, local, began) {
    const receipt = await askServer(scan);
    const outcome = receipt === null ? local : Door.outcomes.ofReceipt(receipt, scan.direction);
    keep(scan.client_uid, outcome);
    if (latest === scan.client_uid) {
      Door.answer.show(outcome);
      measure(began);
    }
    Door.tell('answered', scan.client_uid);
  }

  function save(sorted, method, chosen, clock, told) {
    const held = Door.bundle.held;
    const item = {
      client_uid: Door.randomId(16), seq: 0, occurrence: chosen.handle, direction: chosen.direction, card: sorted.text, method: method,
      clock: clock, bundle: held === null ? null : held.bundle.bundle, offline: true, undone: null,
    };
    const facts = { mark: told.mark || item.client_uid, local: told.status, direction: chosen.direction, occurrence: chosen.handle, scanned_ms: Date.now() };
    return Door.queue.add(item, facts);
  }

  // From the picture, or the last key, to the answer: what bench/scanner.py reads.
  function measure(began) {
    try {
      performance.measure('door-answer', { start: began });
    } catch (_problem) {
      // An older browser measures only between marks; it is not asked to.
    }
  }

  // Null when the server did not answer in time: its receipt then comes later, by itself.
  function askServer(scan) {
    if (Door.sync.state.network !== 'online') {
      Door.sync.kick();
      return Promise.resolve(null);
    }
    const receipt = new Promise(function (done) { waiting.set(scan.client_uid, done); });
    Door.sync.kick();
    return Promise.race([receipt, Door.wait(SERVER_MS).then(function () { return null; })]).then(function (got) {
      waiting.delete(scan.client_uid);
      return got;
    });
  }

  // Who was recognised by the sealed roster is still known when the server's answer names nobody.
  function keep(uid, outcome) {
    const kept = shownFor.get(uid);
    if (outcome.pupil === null) {
      outcome.pupil = kept.outcome.pupil;
    }
    kept.outcome = outcome;
  }

  function onReceipts(receipts) {
    receipts.forEach(function (receipt) {
      const kept = shownFor.get(receipt.client_uid);
      if (waiting.has(receipt.client_uid)) {
        waiting.get(receipt.client_uid)(receipt);
      } else if (kept !== undefined && !kept.undone) {
        keep(receipt.client_uid, Door.outcomes.ofReceipt(receipt, kept.outcome.direction));
        if (Door.answer.shown !== null && Door.answer.shown.uid === receipt.client_uid) {
          Door.answer.show(kept.outcome);
        }
      }
    });
  }

  function mayUndo(uid) {
    const kept = uid === null ? undefined : shownFor.get(uid);
    return kept !== undefined && !kept.undone && kept.outcome.kind !== 'bad' && kept.outcome.kind !== 'already'
      && performance.now() - kept.at < UNDO_MS;
  }

  async function undo(uid) {
    if (!mayUndo(uid)) {
      return;
    }
    const kept = shownFor.get(uid);
    kept.undone = true;
    const scan = await Door.queue.undo(uid, Door.clock.stamp());
    if (!scan) {
      return;
    }
    const outcome = Door.outcomes.ofLocal(scan, 'undone', {}, kept.outcome.pupil);
    Door.answer.show(outcome);
    Door.tell('scanned', scan);
    Door.sync.kick();
  }

  /* Whom this page has shown for a scan; names live no longer than the page. */
  function pupilOf(uid) {
    const kept = shownFor.get(uid);
    return kept === undefined ? null : kept.outcome.pupil;
  }

  function onUndoAnswered(answered) {
    if (!answered.undone && shownFor.has(answered.uid)) {
      Door.answer.show(Door.outcomes.ofLocal(null, 'not_undone', {}, pupilOf(answered.uid)));
    }
  }

  function start() {
    Door.on('undo-answered', onUndoAnswered);
    Door.on('card', take);
    Door.on('receipts', onReceipts);
  }

  Door.scanning = {
    start: start, open: open, close: close, isOpen: isOpen, undo: undo, mayUndo: mayUndo, pupilOf: pupilOf,
    get choice() { return choice; },
  };
}());
