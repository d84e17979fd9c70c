/* What this device can say of a card by itself: whether it is genuine, revoked, of a grade that may come, or was here
   already. The server decides; this is what is shown until it has. */
(function () {
  'use strict';

  const Door = window.Door;
  const TOKEN = /^KX1:[0-9A-HJKMNP-TV-Z]{116}$/;

  /* What a text is: {kind: 'card' | 'number' | 'mistyped' | 'none', text}. Posters and shop codes are none: they are
     not recorded. */
  function sort(text, method) {
    const plain = text.trim().toUpperCase();
    if (TOKEN.test(plain)) {
      return { kind: 'card', text: plain, cardId: null };
    }
    const number = CardToken.readNumber(text);
    if (number.ok && method !== 'camera' && method !== 'photo') {
      return { kind: 'number', text: text.normalize('NFKC').replace(/[^0-9A-Za-z]/g, '').toUpperCase(), cardId: number.cardId, generation: number.generation };
    }
    return { kind: number.why === 'mistyped' && method === 'typed' ? 'mistyped' : 'none', text: plain };
  }

  async function verified(sorted) {
    if (sorted.kind === 'number') {
      return { ok: true, cardId: sorted.cardId, generation: sorted.generation, signature: null, why: null };
    }
    try {
      return await CardToken.read(sorted.text, Door.bundle.keys());
    } catch (_problem) {
      return { ok: false, cardId: null, why: 'unsupported' }; // what cannot be checked here is checked by the server
    }
  }

  async function personOf(card) {
    if (card.signature === null || Door.bundle.held === null) {
      return null;
    }
    try {
      return await Door.bundle.person(card.signature);
    } catch (_problem) {
      return null;
    }
  }

  function byTime(occurrence, direction) {
    if (Door.clock.skew() === null) {
      return null; // without the server's time nobody is sent away
    }
    const now = Door.clock.now();
    if (direction === 'in' && now < occurrence.opens_ms) {
      return { status: 'too_early', values: { time: Door.localTime(occurrence.opens_ms) } };
    }
    return now > (direction === 'in' ? occurrence.ends_ms : occurrence.leaves_ms) ? { status: 'closed', values: {} } : null;
  }

  function byMemory(last, direction) {
    if (last === null || last.direction !== direction) {
      return null;
    }
    return { status: direction === 'in' ? 'already' : 'already_out', values: { time: Door.localTime(last.scanned_ms) } };
  }

  function byGrade(occurrence, person) {
    const grade = person === null ? undefined : person.grade;
    if (typeof grade !== 'number' || occurrence.grade_from === null || occurrence.grade_from === undefined) {
      return null;
    }
    const fits = grade >= occurrence.grade_from && grade <= occurrence.grade_to;
    return fits ? null : { status: 'not_eligible', values: { first: occurrence.grade_from, last: occurrence.grade_to } };
  }

  /* {status, values, person, mark}. `mark` names the card in this occurrence, for the device's own memory. */
  async function judge(sorted, occurrence, direction) {
    const card = await verified(sorted);
    const told = { status: 'saved_offline', values: {}, person: null, mark: null };
    if (!card.ok) {
      told.status = card.why === 'unsupported' || card.why === 'unknown_key' ? 'saved_offline' : 'code_invalid';
      return told;
    }
    told.mark = occurrence.handle + ' ' + card.cardId;
    const known = await Promise.all([
      personOf(card), Door.queue.lastOf(told.mark), Door.bundle.held === null ? false : Door.bundle.isRevoked(card.cardId, card.generation),
    ]);
    told.person = known[0];
    const found = (known[2] ? { status: 'card_revoked', values: {} } : null)
      || byMemory(known[1], direction) || byTime(occurrence, direction) || byGrade(occurrence, known[0]);
    return found === null ? told : Object.assign(told, found);
  }

  Door.judging = { sort: sort, judge: judge };
}());
