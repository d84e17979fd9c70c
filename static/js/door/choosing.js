/* Which occurrence this door is for: the list, today's first, and the bundle of the one that is chosen. */
(function () {
  'use strict';

  const Door = window.Door;

  let drawn = '';

  function hours(one) {
    return Door.localTime(one.starts_ms) + '–' + Door.localTime(one.ends_ms);
  }

  function dayOf(one) {
    const today = Door.localDay(Door.clock.now());
    const day = Door.localDay(one.starts_ms);
    return day === today ? Door.say('today') : day.slice(5).replace('-', '/');
  }

  // What goes on comes first, then what is to come, then what is over.
  function order(occurrences) {
    const now = Door.clock.now();
    const rank = function (one) { return one.leaves_ms < now ? 2 : one.opens_ms > now ? 1 : 0; };
    return occurrences.slice().sort(function (one, other) {
      return rank(one) - rank(other) || (rank(one) === 2 ? other.starts_ms - one.starts_ms : one.starts_ms - other.starts_ms);
    });
  }

  function card(one) {
    const element = document.getElementById('door-occurrence').content.firstElementChild.cloneNode(true);
    const now = Door.clock.now();
    const state = one.status === 'cancelled' ? 'cancelled' : one.leaves_ms < now || one.status === 'closed' ? 'over' : one.opens_ms > now ? 'later' : 'open';
    element.querySelector('[data-occurrence-title]').textContent = one.title;
    element.querySelector('[data-occurrence-facts]').textContent = [dayOf(one) + ' ' + hours(one), one.room].filter(Boolean).join(' · ');
    element.querySelector('[data-occurrence-state]').textContent = Door.say('occurrence-' + state);
    element.setAttribute('data-state', state);
    element.addEventListener('click', function () { choose(one.handle, element); });
    return element;
  }

  function draw() {
    const held = Door.bundle.held;
    const known = Door.sync.state.occurrences.length > 0 ? Door.sync.state.occurrences : held === null ? [] : held.bundle.occurrences;
    const list = Door.find('occurrences');
    const now = JSON.stringify(known) + Door.localTime(Door.clock.now());
    if (drawn === now && list.childElementCount > 0) {
      return; // nothing is exchanged under a finger
    }
    drawn = now;
    list.textContent = '';
    order(known).forEach(function (one) { list.appendChild(card(one)); });
    Door.find('no-occurrences').hidden = known.length > 0;
  }

  function say(name) {
    const line = Door.find('choose-told');
    line.textContent = name === '' ? '' : Door.say(name);
    line.hidden = name === '';
  }

  /* The door is this occurrence's; without the network only when its bundle is on the device. */
  async function choose(handle, element) {
    element.setAttribute('aria-busy', 'true');
    say('bundle-loading');
    try {
      await Door.bundle.download(handle);
      say('');
    } catch (_problem) {
      if (Door.bundle.occurrence(handle) === null) {
        say('bundle-failed');
        element.removeAttribute('aria-busy');
        return;
      }
      say('');
    }
    element.removeAttribute('aria-busy');
    await open({ handle: handle, direction: 'in' });
  }

  async function open(choice) {
    await Door.store.put('choice', choice);
    Door.scanning.open(choice);
    Door.views.show('scan');
  }

  Door.choosing = { draw: draw, open: open, hours: hours, dayOf: dayOf };
}());
