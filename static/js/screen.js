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

  // A tablet that falls asleep closes the door. The lock ends whenever the page is hidden, hence the asking again.
  function stayAwake() {
    if ('wakeLock' in navigator && document.visibilityState === 'visible') {
      navigator.wakeLock.request('screen').catch(function () { /* Low battery: the device's own setting decides. */ });
    }
  }
  document.addEventListener('visibilitychange', stayAwake);
  stayAwake();

  const button = document.querySelector('[data-fullscreen]');
  if (button !== null && document.fullscreenEnabled) {
    button.hidden = false;
    button.addEventListener('click', function () { document.documentElement.requestFullscreen(); });
    document.addEventListener('fullscreenchange', function () { button.hidden = document.fullscreenElement !== null; });
  }
}());
