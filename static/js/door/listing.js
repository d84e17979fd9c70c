/* The last scans under the camera, and everything that has not been taken by the server, which can be saved as a file. */
(function () {
  'use strict';

  const Door = window.Door;
  const SHOWN = 12;

  let drawing = null;
  let wantedAgain = false;

  // saved (amber), confirmed (green), refused, stuck or taken back
  function stateOf(scan) {
    if (scan.undone) {
      return 'undone';
    }
    if (scan.state === 'stuck') {
      return 'stuck';
    }
    if (scan.receipt === null) {
      return Door.outcomes.kindOf(scan.local) === 'bad' ? 'bad' : 'saved';
    }
    const kind = Door.outcomes.kindOf(scan.receipt.status);
    return kind === 'saved' ? 'held' : kind === 'good' ? 'confirmed' : kind;
  }

  const ICONS = { saved: 'clock', confirmed: 'check', already: 'info', bad: 'cross', stuck: 'cross', undone: 'back', held: 'clock' };

  function told(scan) {
    if (scan.receipt !== null && scan.receipt.title) {
      return scan.receipt.title;
    }
    return Door.say('title-' + scan.local, { time: Door.localTime(scan.scanned_ms) });
  }

  function row(scan) {
    const state = stateOf(scan);
    const element = document.getElementById('door-row').content.firstElementChild.cloneNode(true);
    const pupil = Door.scanning.pupilOf(scan.client_uid);
    element.className = 'door-row door-row--' + state;
    element.setAttribute('data-scan', scan.client_uid);
    element.setAttribute('data-state', state);
    element.querySelector('[data-row-icon]').appendChild(Door.icon(ICONS[state]));
    element.querySelector('[data-row-time]').textContent = Door.localTime(scan.scanned_ms);
    element.querySelector('[data-row-who]').textContent = pupil === null ? Door.say('row-card', { seq: scan.seq }) : pupil.name;
    element.querySelector('[data-row-what]').textContent = Door.say('direction-' + scan.direction) + ' · ' + told(scan);
    element.querySelector('[data-row-state]').textContent = Door.say('row-' + state);
    const undo = element.querySelector('[data-row-undo]');
    undo.hidden = !Door.scanning.mayUndo(scan.client_uid);
    undo.addEventListener('click', function () { Door.scanning.undo(scan.client_uid); });
    return element;
  }

  async function drawOnce() {
    const list = Door.find('scans');
    const scans = await Door.queue.latest(SHOWN);
    const rows = document.createDocumentFragment();
    scans.forEach(function (scan) { rows.appendChild(row(scan)); });
    list.textContent = '';
    list.appendChild(rows);
    Door.find('no-scans').hidden = scans.length > 0;
  }

  /* The list as it is now; wishes that come while it is being drawn are one more drawing. */
  function draw() {
    if (drawing !== null) {
      wantedAgain = true;
      return;
    }
    drawing = drawOnce().catch(function () { /* the next scan draws it again */ }).then(function () {
      drawing = null;
      if (wantedAgain) {
        wantedAgain = false;
        draw();
      }
    });
  }

  function why(scan) {
    return scan.state === 'waiting' ? Door.say('why-waiting') : Door.say('why-' + scan.why);
  }

  async function drawUnsent() {
    const found = await Door.queue.unsent();
    const list = Door.find('unsent');
    list.textContent = '';
    found.stuck.concat(found.waiting).forEach(function (scan) {
      const element = row(scan);
      element.querySelector('[data-row-what]').textContent = Door.say('direction-' + scan.direction) + ' · ' + why(scan);
      list.appendChild(element);
    });
    Door.find('unsent-none').hidden = list.childElementCount > 0;
    Door.find('export').hidden = list.childElementCount === 0;
    Door.find('retry').hidden = found.stuck.length === 0;
  }

  /* A file with every scan that has no receipt, as it would be sent: the office can enter them by hand. */
  async function save() {
    const found = await Door.queue.unsent();
    const device = Door.device.known;
    const content = {
      device: device === null ? null : device.device, name: device === null ? null : device.name, saved_at: new Date().toISOString(),
      scans: found.stuck.concat(found.waiting).map(function (scan) {
        return { state: scan.state, why: scan.why || null, scanned_at: new Date(scan.scanned_ms).toISOString(), undone: scan.undone, item: scan.item };
      }),
    };
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: 'application/json' }));
    link.download = 'door-' + new Date().toISOString().slice(0, 16).replace(/[-:T]/g, '') + '.json';
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
  }

  function start() {
    ['scanned', 'answered', 'receipts', 'stuck', 'undo-answered'].forEach(function (news) { Door.on(news, draw); });
    setInterval(draw, 5000); // the button to take back goes away by itself
    Door.find('export').addEventListener('click', save);
    Door.find('retry').addEventListener('click', function () {
      Door.queue.retry().then(drawUnsent).then(function () { Door.sync.kick('online'); });
    });
  }

  Door.listing = { start: start, draw: draw, drawUnsent: drawUnsent };
}());
