/* The scanner's memory: one IndexedDB. `run` resolves when what was written is on the disk, not before. */
(function () {
  'use strict';

  const Door = window.Door;
  let opened = null;

  function open() {
    return new Promise(function (done, failed) {
      const request = indexedDB.open('door', 1);
      request.onupgradeneeded = function () {
        const db = request.result;
        db.createObjectStore('state');
        const scans = db.createObjectStore('scans', { keyPath: 'client_uid' });
        scans.createIndex('by_state', ['state', 'tries', 'seq']);
        scans.createIndex('by_seq', 'seq');
        scans.createIndex('by_mark', 'mark');
        scans.createIndex('by_tally', 'tally'); // those that still move a number of their occurrence
        db.createObjectStore('undos', { keyPath: 'client_uid' });
      };
      request.onsuccess = function () {
        const db = request.result;
        // Cleared by the browser or by a person: the next question opens it anew, and finds out what is left.
        db.onclose = function () { opened = null; Door.tell('store-lost'); };
        db.onversionchange = function () { db.close(); opened = null; };
        done(db);
      };
      request.onerror = function () { failed(request.error); };
      request.onblocked = function () { failed(new Error('blocked')); };
    });
  }

  function database() {
    if (opened === null) {
      opened = open();
      opened.catch(function () { opened = null; });
    }
    return opened;
  }

  function begin(db, names, mode) {
    // A door that loses its power must not lose what it has shown as saved.
    return mode === 'readwrite' ? db.transaction(names, mode, { durability: 'strict' }) : db.transaction(names, mode);
  }

  function attempt(names, mode, act) {
    return database().then(function (db) {
      return new Promise(function (done, failed) {
        const transaction = begin(db, names, mode);
        const stores = {};
        let given;
        names.forEach(function (name) { stores[name] = transaction.objectStore(name); });
        transaction.oncomplete = function () { done(given); };
        transaction.onabort = function () { failed(transaction.error || new Error('aborted')); };
        act(stores, function (value) { given = value; });
      });
    });
  }

  /* act(stores, give): asks within one transaction; what it gives is what `run` resolves to. */
  function run(names, mode, act) {
    return attempt(names, mode, act).catch(function (problem) {
      if (problem.name !== 'InvalidStateError') {
        throw problem;
      }
      opened = null; // the connection was closed under us
      return attempt(names, mode, act);
    });
  }

  // Every record in turn, until `act` says false.
  function each(source, range, direction, act) {
    source.openCursor(range, direction).onsuccess = function (event) {
      const cursor = event.target.result;
      if (cursor !== null && act(cursor.value, cursor) !== false) {
        cursor.continue();
      }
    };
  }

  function get(key) {
    return run(['state'], 'readonly', function (stores, give) {
      stores.state.get(key).onsuccess = function (event) { give(event.target.result); };
    });
  }

  function put(key, value) {
    return run(['state'], 'readwrite', function (stores) { stores.state.put(value, key); });
  }

  Door.store = { run: run, each: each, get: get, put: put };
}());
