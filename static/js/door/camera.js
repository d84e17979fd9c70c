/* The camera: on, off, which one, with a lamp or without; and what to do when there is none. Tells `camera` with a state:
   starting, on, denied, missing, busy, lost, off. */
(function () {
  'use strict';

  const Door = window.Door;
  const PAUSE_MS = 60;
  const REASONS = {
    NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing',
    NotReadableError: 'busy', AbortError: 'busy',
  };

  let video = null;
  let stream = null;
  let chosen = null;
  let wanted = false;
  let round = 0;
  let lamp = false;

  function tell(state) {
    Door.tell('camera', state);
  }

  function release() {
    round += 1;
    lamp = false;
    if (stream !== null) {
      stream.getTracks().forEach(function (track) { track.onended = null; track.stop(); });
      stream = null;
    }
    if (video !== null) {
      video.srcObject = null;
    }
  }

  function wish() {
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    return { audio: false, video: Object.assign(size, chosen === null ? { facingMode: 'environment' } : { deviceId: { exact: chosen } }) };
  }

  async function start() {
    wanted = true;
    release();
    const mine = round;
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
      tell('missing');
      return;
    }
    tell('starting');
    let got;
    try {
      got = await navigator.mediaDevices.getUserMedia(wish());
    } catch (problem) {
      if (mine === round) {
        tell(REASONS[problem.name] || 'busy');
      }
      return;
    }
    if (mine !== round) {
      got.getTracks().forEach(function (track) { track.stop(); });
      return;
    }
    await use(got, mine);
  }

  async function use(got, mine) {
    stream = got;
    got.getVideoTracks()[0].onended = function () {
      release();
      tell('lost');
    };
    video.srcObject = got;
    try {
      await video.play();
    } catch (_problem) {
      // Some browsers play by themselves and refuse to be told.
    }
    if (mine === round) {
      tell('on');
      look(mine);
    }
  }

  async function look(mine) {
    while (mine === round) {
      if (video.readyState >= 2 && document.visibilityState === 'visible') {
        const at = performance.now();
        const text = await Door.pictures.read(video, video.videoWidth, video.videoHeight);
        if (text !== null && mine === round) {
          Door.tell('card', { text: text, method: 'camera', at: at });
        }
      }
      await Door.wait(PAUSE_MS);
    }
  }

  function stop() {
    wanted = false;
    release();
    tell('off');
  }

  function track() {
    return stream === null ? null : stream.getVideoTracks()[0];
  }

  function hasLamp() {
    const one = track();
    return one !== null && one.getCapabilities !== undefined && one.getCapabilities().torch === true;
  }

  async function turnLamp() {
    lamp = !lamp;
    try {
      await track().applyConstraints({ advanced: [{ torch: lamp }] });
    } catch (_problem) {
      lamp = false;
    }
    return lamp;
  }

  /* Every camera that there is: [{id, label}]; names are told only once one of them has been allowed. */
  async function all() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.enumerateDevices) {
      return [];
    }
    const found = await navigator.mediaDevices.enumerateDevices();
    return found.filter(function (one) { return one.kind === 'videoinput'; }).map(function (one, at) {
      return { id: one.deviceId, label: one.label || Door.say('camera-number', { number: at + 1 }), used: track() !== null && track().getSettings().deviceId === one.deviceId };
    });
  }

  function choose(id) {
    chosen = id;
    return start();
  }

  // A phone takes the camera away from a page that is not seen, and does not always give it back.
  document.addEventListener('visibilitychange', function () {
    const gone = track() === null || track().readyState === 'ended' || track().muted;
    if (document.visibilityState === 'visible' && wanted && gone) {
      start();
    }
  });

  Door.camera = {
    start: start, stop: stop, all: all, choose: choose, hasLamp: hasLamp, turnLamp: turnLamp,
    showIn: function (element) { video = element; },
  };
}());
