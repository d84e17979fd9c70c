/* Opens the scanner without a network: keeps exactly its own files, in one cache for each version, and answers only for
   them. self.DOOR = {version, home, pages: {language: address}, files} stands before this text. */
(function () {
  'use strict';

  const CACHE = 'door-' + self.DOOR.version;
  const CHOICES = 'door-choices'; // the language, which outlives versions
  const LANGUAGE = '/door/language';
  const FILES = new Set(self.DOOR.files);

  function pathOf(address) {
    const url = new URL(address);
    return url.pathname + url.search;
  }

  self.addEventListener('install', function (event) {
    const pages = Object.keys(self.DOOR.pages).map(function (language) { return self.DOOR.pages[language]; });
    const wanted = self.DOOR.files.concat(pages).map(function (path) {
      return new Request(path, { cache: 'reload', credentials: 'omit' });
    });
    // All or nothing: a version that is not whole is not installed. No skipWaiting: whoever scans is not interrupted.
    event.waitUntil(caches.open(CACHE).then(function (cache) { return cache.addAll(wanted); }));
  });

  // The page asks for it, between two occurrences, when a person wants the new version.
  self.addEventListener('message', function (event) {
    if (event.data === 'take-over') {
      self.skipWaiting();
    }
  });

  self.addEventListener('activate', function (event) {
    event.waitUntil(caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) {
        return name.indexOf('door-') === 0 && name !== CACHE && name !== CHOICES;
      }).map(function (name) { return caches.delete(name); }));
    }).then(function () { return self.clients.claim(); }));
  });

  async function language(asked) {
    const choices = await caches.open(CHOICES);
    if (asked !== null && self.DOOR.pages[asked] !== undefined) {
      return asked; // the page writes it down
    }
    const kept = await choices.match(LANGUAGE);
    const told = kept ? await kept.text() : self.navigator.language.slice(0, 2);
    return self.DOOR.pages[told] === undefined ? 'zh' : told;
  }

  async function page(request) {
    const asked = new URL(request.url).searchParams.get('lang');
    const cache = await caches.open(CACHE);
    const kept = await cache.match(self.DOOR.pages[await language(asked)], { ignoreVary: true });
    return kept || fetch(request);
  }

  async function file(request) {
    const cache = await caches.open(CACHE);
    return (await cache.match(request.url, { ignoreVary: true })) || fetch(request);
  }

  self.addEventListener('fetch', function (event) {
    const url = new URL(event.request.url);
    if (event.request.method !== 'GET' || url.origin !== self.location.origin) {
      return;
    }
    if (event.request.mode === 'navigate' && url.pathname === self.DOOR.home) {
      event.respondWith(page(event.request));
    } else if (FILES.has(pathOf(event.request.url))) {
      event.respondWith(file(event.request));
    }
  });
}());
