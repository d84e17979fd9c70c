/* Four answers that are told apart with the eyes closed: up, twice the same, one short, low and long. And by the hand. */
(function () {
  'use strict';

  const Door = window.Door;
  // [pitch in Hz, begins at, lasts] in seconds
  const TUNES = {
    good: [[660, 0, 0.09], [990, 0.1, 0.16]],
    already: [[520, 0, 0.09], [520, 0.15, 0.09]],
    saved: [[780, 0, 0.12]],
    bad: [[190, 0, 0.5]],
    undone: [[700, 0, 0.09], [440, 0.1, 0.16]],
  };
  const SHAKES = { good: [60], already: [40, 60, 40], saved: [30], bad: [250, 80, 250], undone: [40, 40, 40, 40, 40] };

  let sounds = null;

  /* Browsers let a page sound only after a tap. */
  function wake() {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (sounds === null && Context) {
      sounds = new Context();
    }
    if (sounds !== null && sounds.state === 'suspended') {
      sounds.resume().catch(function () { /* silent until the next tap */ });
    }
  }

  function tone(pitch, at, lasts, kind) {
    const source = sounds.createOscillator();
    const volume = sounds.createGain();
    const begin = sounds.currentTime + at;
    source.type = kind === 'bad' ? 'square' : 'triangle';
    source.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.linearRampToValueAtTime(0.5, begin + 0.01);
    volume.gain.setValueAtTime(0.5, begin + lasts - 0.03);
    volume.gain.linearRampToValueAtTime(0.0001, begin + lasts);
    source.connect(volume);
    volume.connect(sounds.destination);
    source.start(begin);
    source.stop(begin + lasts);
  }

  function play(kind) {
    if (sounds !== null && sounds.state === 'running') {
      TUNES[kind].forEach(function (part) { tone(part[0], part[1], part[2], kind); });
    }
    if (navigator.vibrate) {
      navigator.vibrate(SHAKES[kind]);
    }
    Door.tell('sounded', kind);
  }

  document.addEventListener('pointerdown', wake, true);
  document.addEventListener('keydown', wake, true);
  Door.sound = { play: play };
}());
