/* The kiosk's surroundings: says when the network is gone, keeps the screen awake, offers full screen. The code itself
   is turned by the page's own script, which raises screen:alarm (detail: the words) and screen:calm on the document. */
(function () {
  'use strict';

  const alarm = document.querySelector('[data-screen-alarm]');
  const words = document.querySelector('[data-screen-alarm-text]');
  const usual = words.textContent;
  let offline = navigator.onLine === false;
  let raised = null;

  // Offline alone does not dim the code: those already fetched stay valid until the page's script runs out of them.
  function show() {
    words.textContent = raised || usual;
    alarm.hidden = raised === null && !offline;
    document.body.classList.toggle('screen--barred', !alarm.hidden);
    document.body.classList.toggle('screen--alarm', raised !== null);
  }

  document.addEventListener('screen:alarm', function (event) { raised = event.detail || usual; show(); });
  document.addEventListener('screen:calm', function () { raised = null; show(); });
  window.addEventListener('offline', function () { offline = true; show(); });
  window.addEventListener('online', function () { offline = false; show(); });
  show();

  // A tablet that falls asleep closes the door. The lock ends whenever the page is hidden, hence the asking again; where
  // the browser has none, or refuses it (low battery), the foot of the screen says what to set by hand.
  const sleepy = document.querySelector('[data-awake]');

  function mayFallAsleep(may) {
    if (sleepy !== null) {
      sleepy.hidden = !may;
    }
  }
  function stayAwake() {
    if (!('wakeLock' in navigator)) {
      mayFallAsleep(true);
    } else if (document.visibilityState === 'visible') {
      navigator.wakeLock.request('screen').then(function () { mayFallAsleep(false); }, function () { mayFallAsleep(true); });
    }
  }
  document.addEventListener('visibilitychange', stayAwake);
  stayAwake();

  // Safari on tablets knows full screen by its own names.
  const page = document.documentElement;
  const enter = page.requestFullscreen || page.webkitRequestFullscreen;
  const button = document.querySelector('[data-fullscreen]');
  function shownFull() {
    return (document.fullscreenElement || document.webkitFullscreenElement || null) !== null;
  }
  if (button !== null && enter && (document.fullscreenEnabled || document.webkitFullscreenEnabled)) {
    button.hidden = false;
    button.addEventListener('click', function () { enter.call(page); });
    ['fullscreenchange', 'webkitfullscreenchange'].forEach(function (name) {
      document.addEventListener(name, function () { button.hidden = shownFull(); });
    });
  }
}());
