/* What an answer looks and sounds like. Four kinds are told apart by colour, picture, word and sound, each alone enough. */
(function () {
  'use strict';

  const Door = window.Door;
  const KINDS = {
    ok: 'good', checked_out: 'good', already: 'already', already_out: 'already', saved_offline: 'saved', held: 'saved',
    undone: 'undone', server_busy: 'saved', rate_limited: 'saved',
  };
  const ICONS = { good: 'check', already: 'info', saved: 'clock', bad: 'cross', undone: 'back' };

  function kindOf(status) {
    return KINDS[status] || 'bad';
  }

  // The server's words are for a pupil with a phone; where a card at a door is another matter, ours stand in the page.
  function wordsFor(receipt) {
    const own = receipt.status === 'code_invalid' || receipt.status === 'checked_out' || receipt.status === 'already' || receipt.status === 'already_out'
      || (receipt.status === 'ok' && receipt.awaits_check_out);
    return { title: (own && Door.say('title-' + receipt.status + '-card')) || receipt.title, note: own ? Door.say('note-' + receipt.status + '-card') : receipt.next_step || '' };
  }

  /* From the server's receipt. */
  function ofReceipt(receipt, direction) {
    const kind = kindOf(receipt.status);
    const words = wordsFor(receipt);
    return {
      uid: receipt.client_uid, status: receipt.status, kind: kind, icon: ICONS[kind], title: words.title, note: words.note,
      pupil: receipt.pupil || null, direction: direction, sure: true,
    };
  }

  /* From what this device knows by itself; its words stand in the page. */
  function ofLocal(scan, status, values, person) {
    const kind = kindOf(status);
    return {
      uid: scan === null ? null : scan.client_uid, status: status, kind: kind, icon: ICONS[kind], title: Door.say('title-' + status, values),
      note: Door.say('note-' + status, values), pupil: person, direction: scan === null ? null : scan.direction, sure: false,
    };
  }

  Door.outcomes = { kindOf: kindOf, icons: ICONS, ofReceipt: ofReceipt, ofLocal: ofLocal };
}());
