/* Taking scans back: those that were never sent say so themselves; for the others an undo is sent after them. */
(function () {
  'use strict';

  const Door = window.Door;
  const run = Door.store.run;

  /* The scan counts no more. One that was never sent carries that itself; after another an undo is sent. */
  function undo(uid, clock) {
    const now = { wall_ms: clock.wall_ms, mono_ms: clock.mono_ms };
    return run(['scans', 'undos'], 'readwrite', function (stores, give) {
      stores.scans.get(uid).onsuccess = function (event) {
        const scan = event.target.result;
        if (!scan || scan.undone || scan.state === 'stuck') {
          return;
        }
        scan.undone = true;
        Door.queue.tally(scan);
        if (scan.state === 'waiting' && !scan.attempted) {
          scan.item.undone = now;
        } else {
          stores.undos.add({ client_uid: Door.randomId(16), undoes: uid, clock: clock });
        }
        stores.scans.put(scan);
        give(scan);
      };
    });
  }

  /* Undos whose scan has its receipt. */
  function undos() {
    return run(['scans', 'undos'], 'readonly', function (stores, give) {
      const ready = [];
      give(ready);
      Door.store.each(stores.undos, null, 'next', function (undoing) {
        stores.scans.get(undoing.undoes).onsuccess = function (event) {
          if (!event.target.result || event.target.result.state !== 'waiting') {
            ready.push(undoing);
          }
        };
      });
    });
  }

  /* The undo has been answered; a refused one leaves its scan as it was, and says so. */
  function settleUndo(undoing, answer, good) {
    return run(['scans', 'undos'], 'readwrite', function (stores, give) {
      stores.undos.delete(undoing.client_uid);
      stores.scans.get(undoing.undoes).onsuccess = function (event) {
        const scan = event.target.result;
        if (scan) {
          scan.undone = good;
          scan.undo_answer = Door.queue.bare(answer);
          stores.scans.put(scan);
          give(scan);
        }
      };
    });
  }

  Object.assign(Door.queue, { undo: undo, undos: undos, settleUndo: settleUndo });
}());
