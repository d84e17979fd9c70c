/* Asks for its turn before a form with data-turn is sent, when many sign in at once: name and password wait in the
   fields of this page, and go off by themselves. If the question fails, the form is sent as it would be without this. */
(function () {
  'use strict';

  const PATIENCE_MS = 8000;

  function wait(form) {
    const told = form.querySelector('[data-turn-told]');
    const button = form.querySelector('[type="submit"]');
    const label = button.querySelector('.btn-label');
    const usual = label.textContent;
    let ticket = '';
    let waiting = false;
    let timer = null;

    function busy(is) {
      waiting = is;
      button.setAttribute('aria-busy', String(is));
      button.setAttribute('aria-disabled', String(is));
      label.textContent = is ? button.getAttribute('data-busy') : usual;
    }

    function send() {
      told.hidden = true;
      form.elements.turn.value = ticket;
      form.submit(); // not a second "submit" event: this one was asked for already
    }

    function take(answer) {
      ticket = answer.ticket;
      if (answer.go) {
        send();
        return;
      }
      told.textContent = form.getAttribute('data-turn-words').replace('{n}', String(Math.max(1, answer.ahead)));
      told.hidden = false;
      timer = setTimeout(ask, answer.again_in_ms);
    }

    function ask() {
      const stop = typeof AbortController === 'undefined' ? null : new AbortController();
      const patience = setTimeout(function () { if (stop !== null) { stop.abort(); } }, PATIENCE_MS);
      fetch(form.getAttribute('data-turn') + '?ticket=' + encodeURIComponent(ticket), {
        credentials: 'same-origin',
        cache: 'no-store',
        signal: stop === null ? undefined : stop.signal,
      }).then(function (response) {
        if (!response.ok) {
          throw new Error(String(response.status));
        }
        return response.json();
      }).then(function (answer) {
        clearTimeout(patience);
        take(answer);
      }, function () {
        clearTimeout(patience);
        send();
      });
    }

    form.addEventListener('submit', function (event) {
      event.preventDefault();
      if (!waiting) {
        busy(true);
        ask();
      }
    });

    // A page that comes back from the browser's memory comes back usable.
    window.addEventListener('pageshow', function (event) {
      if (event.persisted) {
        clearTimeout(timer);
        told.hidden = true;
        busy(false);
      }
    });
  }

  document.querySelectorAll('form[data-turn]').forEach(wait);
}());
