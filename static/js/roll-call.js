// A roll-call on a bad connection: it is kept in this browser before anything is said, sent until there is a receipt,
// and leaves only then. Names are not kept: pupils are their random ids. Without this script the form sends itself.
(function () {
  'use strict';

  const box = document.querySelector('[data-outbox]');
  if (!box) return;
  const EVERY_MS = 15000;
  const key = 'roll-calls:' + box.dataset.user;
  const words = box.querySelector('.notice-body p');
  const form = document.querySelector('[data-roll-call]');
  const openedAt = performance.now();
  let sending = false;
  let told = '';

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) || '[]');
      return Array.isArray(kept) ? kept : [];
    } catch (problem) {
      return [];
    }
  }

  // Another tab may have sent or added one meanwhile: always from what is stored now.
  function change(work) {
    const calls = work(load());
    if (calls.length) localStorage.setItem(key, JSON.stringify(calls));
    else localStorage.removeItem(key);
  }

  function without(uid) {
    return function (calls) { return calls.filter(function (call) { return call.client_uid !== uid; }); };
  }

  function say(text, tone) {
    words.textContent = text;
    box.querySelector('.notice').className = 'notice notice--' + (tone || 'wait');
    box.hidden = !text;
  }

  function discardButton(uid) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn btn-secondary btn-sm';
    button.textContent = box.dataset.discard;
    button.addEventListener('click', function () { change(without(uid)); told = ''; show(); });
    return button;
  }

  function show() {
    const calls = load();
    const refused = calls.find(function (call) { return call.refused; });
    box.querySelectorAll('button').forEach(function (button) { button.remove(); });
    if (refused) {
      say(box.dataset.refused.replace('WHY', refused.refused), 'bad');
      words.after(discardButton(refused.client_uid));
    } else if (calls.length) {
      const waiting = box.dataset.waiting.replace('COUNT', calls.length);
      say(told ? waiting + ' ' + told : waiting, 'wait');
    } else {
      say(told, told === box.dataset.sent ? 'good' : 'warn');
    }
  }

  function token() {
    const field = document.querySelector('input[name="csrf_token"]');
    return field ? field.value : '';
  }

  // A page that has stood open all day has a token that is too old: a fresh one comes with the page itself.
  function freshToken() {
    return fetch(location.href, { credentials: 'same-origin' })
      .then(function (answer) { return answer.text(); })
      .then(function (text) {
        const field = new DOMParser().parseFromString(text, 'text/html').querySelector('input[name="csrf_token"]');
        if (!field) return false;
        document.querySelectorAll('input[name="csrf_token"]').forEach(function (own) { own.value = field.value; });
        return true;
      });
  }

  function post(call) {
    return fetch(box.dataset.url, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token() },
      body: JSON.stringify(call)
    });
  }

  function received(call, answer) {
    if (answer.ok) {
      return answer.json().then(function (receipt) {
        if (receipt.client_uid !== call.client_uid) return;
        change(without(call.client_uid));
        const kept = receipt.refused.length;
        told = kept ? box.dataset.partly.replace('COUNT', kept) : box.dataset.sent;
      });
    }
    if (answer.status === 401 || answer.status === 403) {
      told = box.dataset.signedOut;
      return null;
    }
    if (answer.status >= 500 || answer.status === 429) return null;
    return answer.json().then(function (problem) {
      if (problem.status === 'form_expired') return null;
      change(function (calls) {
        return calls.map(function (each) {
          return each.client_uid === call.client_uid ? Object.assign({}, each, { refused: problem.message || '—' }) : each;
        });
      });
      return null;
    });
  }

  function sendOne(call) {
    return post(call)
      .then(function (answer) {
        if (answer.status !== 400) return answer;
        return freshToken().then(function (got) { return got ? post(call) : answer; });
      })
      .then(function (answer) { return received(call, answer); });
  }

  function send() {
    const calls = load().filter(function (call) { return !call.refused; });
    if (sending || !calls.length) return;
    sending = true;
    // One after the other, in the order in which they were called.
    calls.reduce(function (before, call) { return before.then(function () { return sendOne(call); }); }, Promise.resolve())
      .catch(function () { /* No network: what is kept is tried again. */ })
      .then(function () { sending = false; show(); });
  }

  function uid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, function (byte) { return ('0' + byte.toString(16)).slice(-2); }).join('');
  }

  // The server's clock when the page came, and how long ago that was by a clock that nobody sets.
  function serverNow() {
    return Number(form.dataset.nowMs) + Math.round(performance.now() - openedAt);
  }

  // 13:20 on the wall of Asia/Shanghai (UTC+8, no summer time) on the day of the planned start.
  function instant(written) {
    if (!written) return null;
    const shift = 8 * 3600 * 1000;
    const day = Math.floor((Number(form.dataset.startsMs) + shift) / 86400000) * 86400000;
    const parts = written.split(':');
    return day + (Number(parts[0]) * 60 + Number(parts[1])) * 60000 - shift;
  }

  function marks() {
    return Array.from(form.querySelectorAll('input[type="radio"]:checked')).map(function (radio) {
      const student = radio.name.slice('mark-'.length);
      return [student, radio.value, instant(form.elements['at-' + student].value)];
    });
  }

  function sum() {
    const line = form.querySelector('[data-roll-sum]');
    const found = marks();
    const present = found.filter(function (mark) { return mark[1] === 'present'; }).length;
    line.textContent = line.dataset.text.replace('PRESENT', present).replace('ABSENT', found.length - present);
  }

  function keep(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const call = {
      client_uid: uid(), occurrence: form.dataset.occurrence, class: form.dataset.class,
      moment: form.dataset.moment, called_ms: serverNow(), marks: marks()
    };
    try {
      change(function (calls) { return calls.concat([call]); });
    } catch (problem) {
      say(box.dataset.noRoom, 'bad');
      return;
    }
    told = '';
    show();
    window.scrollTo(0, 0);
    send();
  }

  if (form) {
    document.addEventListener('submit', function (event) { if (event.target === form) keep(event); }, true);
    form.addEventListener('change', sum);
    sum();
  }
  window.addEventListener('online', send);
  window.addEventListener('storage', show);
  setInterval(send, EVERY_MS);
  show();
  send();
})();
