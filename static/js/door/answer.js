/* The answer to a card, over the whole screen: until the next card, a tap, or two and a half seconds. */
(function () {
  'use strict';

  const Door = window.Door;
  const SHOWN_MS = 2500;
  const BAD_SHOWN_MS = 4000; // who is refused has a question

  let panel = null;
  let shown = null;
  let timer = null;

  function part(name) {
    return panel.querySelector('[data-answer-' + name + ']');
  }

  function write(name, text) {
    const element = part(name);
    element.textContent = text || '';
    element.hidden = !text;
  }

  function show(outcome) {
    const same = shown !== null && shown.uid !== null && shown.uid === outcome.uid;
    const louder = !same || shown.kind !== outcome.kind;
    shown = outcome;
    panel.className = 'door-answer door-answer--' + outcome.kind;
    const icon = part('icon');
    icon.textContent = '';
    icon.appendChild(Door.icon(outcome.icon));
    write('title', outcome.title);
    write('name', outcome.pupil === null ? '' : outcome.pupil.name);
    write('class', outcome.pupil === null ? '' : [outcome.pupil.school, outcome.pupil.class].filter(Boolean).join(' '));
    write('note', outcome.note);
    part('undo').hidden = !Door.scanning.mayUndo(outcome.uid);
    panel.hidden = false;
    panel.setAttribute('data-status', outcome.status);
    clearTimeout(timer);
    timer = setTimeout(hide, outcome.kind === 'bad' ? BAD_SHOWN_MS : SHOWN_MS);
    // What turns from saved to confirmed while it is looked at is not told a second time, unless it turned bad.
    if (louder && !(same && outcome.kind === 'good')) {
      Door.sound.play(outcome.kind);
    }
  }

  function hide() {
    clearTimeout(timer);
    shown = null;
    panel.hidden = true;
  }

  function start() {
    panel = Door.find('answer');
    panel.addEventListener('click', function (event) {
      if (event.target.closest('[data-answer-undo]') !== null && shown !== null) {
        Door.scanning.undo(shown.uid);
      } else {
        hide();
      }
    });
  }

  Door.answer = { start: start, show: show, hide: hide, get shown() { return shown; } };
}());
