/* When something happened, as evidence: this device's two clocks, and the last time that the server told its own.
   Nothing here decides; the server does (docs/door.md). */
(function () {
  'use strict';

  const Door = window.Door;
  const MAY_DIFFER_MS = 2000;

  let boot = '';
  let synced = null;
  let wallAtBoot = 0;
  let monoAtBoot = 0;

  // Where the wall clock was set, or the device slept with its monotonic clock stopped, the differences mean nothing any
  // more: a new run of the clock begins, and it knows no server yet.
  function begin() {
    boot = Door.randomId(9);
    synced = null;
    wallAtBoot = Date.now();
    monoAtBoot = performance.now();
  }

  function check() {
    if (Math.abs((Date.now() - wallAtBoot) - (performance.now() - monoAtBoot)) > MAY_DIFFER_MS) {
      begin();
    }
  }

  /* The server said `serverMs` somewhere between our asking and our hearing: the middle is meant. */
  function heard(serverMs, askedAt, heardAt) {
    check();
    if (askedAt >= monoAtBoot) {
      synced = { server_ms: serverMs, mono_ms: Math.round((askedAt + heardAt) / 2), rtt_ms: Math.ceil(heardAt - askedAt) };
    }
  }

  function moment() {
    return { wall_ms: Date.now(), mono_ms: Math.round(performance.now()) };
  }

  function stamp() {
    check();
    const now = moment();
    return { wall_ms: now.wall_ms, mono_ms: now.mono_ms, boot: boot, synced: synced };
  }

  /* The server's time as far as it is known, else this device's own. */
  function now() {
    check();
    return synced === null ? Date.now() : synced.server_ms + performance.now() - synced.mono_ms;
  }

  /* By how much this device's wall clock is ahead of the server; null while that is not known. */
  function skew() {
    return synced === null ? null : Date.now() - now();
  }

  /* Whether a stamp is of this run of the clock, and younger than `ms`. */
  function isYoung(stamped, ms) {
    check();
    return stamped.boot === boot && performance.now() - stamped.mono_ms < ms;
  }

  begin();
  Door.clock = { stamp: stamp, moment: moment, heard: heard, now: now, skew: skew, isYoung: isYoung };
}());
