/* What is needed without the network: occurrences, the cards' public keys, what is revoked, and the sealed roster, of which
   nothing can be read until a card is there. */
(function () {
  'use strict';

  const Door = window.Door;
  const RENEW_MS = 10 * 60000;

  let held = null;
  let revoked = new Set();
  let asking = null;

  function take(kept) {
    held = kept;
    revoked = new Set(kept === null ? [] : kept.bundle.revoked);
    Door.tell('bundle', kept);
  }

  function load() {
    return Door.store.get('bundle').then(function (kept) { take(kept || null); });
  }

  /* The bundle of one occurrence is on the disk; rejects when the server cannot be reached. */
  async function download(handle) {
    const same = held !== null && held.handle === handle && held.etag !== null;
    const path = '/api/device/bundle?occurrence=' + encodeURIComponent(handle);
    const headers = same ? { 'If-None-Match': held.etag } : {};
    const answer = await Door.device.ask('GET', path, null, { patience: 60000, headers: headers });
    if (answer.status === 304 && same) {
      take(Object.assign({}, held, { fetched_ms: Date.now() }));
    } else if (answer.status === 200 && answer.body !== null && Array.isArray(answer.body.occurrences)) {
      take({ handle: handle, etag: answer.headers.get('ETag'), bundle: answer.body, fetched_ms: Date.now() });
    } else {
      throw new Error('no bundle: ' + answer.status);
    }
    await Door.store.put('bundle', held);
  }

  /* Fetched anew when it is no longer fresh; without the network the old one goes on. */
  function renew() {
    if (held === null || asking !== null || Math.abs(Date.now() - held.fetched_ms) < RENEW_MS) {
      return;
    }
    asking = download(held.handle).catch(function () { /* the next look around asks again */ }).then(function () { asking = null; });
  }

  function keys() {
    return held === null ? [] : held.bundle.card_keys;
  }

  function occurrence(handle) {
    return held === null ? null : held.bundle.occurrences.find(function (one) { return one.handle === handle; }) || null;
  }

  function isOld() {
    return held !== null && Door.clock.now() > held.bundle.valid_until_ms;
  }

  /* Whether the card with this id and generation is among the revoked. */
  async function isRevoked(cardId, generation) {
    return revoked.size > 0 && revoked.has(await CardToken.revokedMark(held.bundle.roster.salt, cardId, generation));
  }

  /* Who the card in our hand belongs to: {name, class, school}; null when the roster does not hold it. */
  async function person(signature) {
    const roster = held.bundle.roster;
    const seal = await CardToken.seal(signature, roster.salt);
    const sealed = roster.people[seal.name];
    if (sealed === undefined) {
      return null;
    }
    const opened = await CardToken.open(seal.key, sealed);
    return opened === null ? null : { name: opened.n, class: opened.c, school: opened.s, grade: opened.g };
  }

  Door.bundle = {
    load: load, download: download, renew: renew, keys: keys, occurrence: occurrence, isOld: isOld, isRevoked: isRevoked,
    person: person, get held() { return held; },
  };
}());
