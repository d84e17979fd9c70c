/* The service worker: installed once, exchanged only when a person wants it. */
(function () {
  'use strict';

  const Door = window.Door;
  let registration = null;

  // It opens the page in the language in which it was first read here, or was last chosen.
  async function rememberLanguage() {
    const choices = await caches.open('door-choices');
    if (!await choices.match('/door/language') || /[?&]lang=/.test(location.search)) {
      await choices.put('/door/language', new Response(document.documentElement.lang === 'en' ? 'en' : 'zh'));
    }
  }

  function offer() {
    Door.find('update').hidden = registration === null || registration.waiting === null || navigator.serviceWorker.controller === null;
  }

  function takeOver() {
    navigator.serviceWorker.addEventListener('controllerchange', function () { location.reload(); });
    registration.waiting.postMessage('take-over');
  }

  async function install() {
    registration = await navigator.serviceWorker.register('/door/worker.js', { scope: '/door' });
    registration.addEventListener('updatefound', function () {
      registration.installing.addEventListener('statechange', offer);
    });
    offer();
    await rememberLanguage();
    await navigator.serviceWorker.ready;
    document.body.setAttribute('data-installed', 'yes');
  }

  /* A new version waits until every tab of the scanner is closed, or until somebody presses the button that is shown where
     occurrences are chosen: nothing is exchanged under the hands of who scans. */
  function start() {
    Door.find('update-button').addEventListener('click', takeOver);
    if ('serviceWorker' in navigator) {
      install().catch(function () { /* without it the page needs the network to be opened; once open it works as before */ });
    }
  }

  /* Whether there is a newer version: asked between occurrences. */
  function look() {
    if (registration !== null) {
      registration.update().then(offer, function () { /* no network */ });
    }
  }

  Door.installing = { start: start, look: look };
}());
