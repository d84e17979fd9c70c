// The editor of a rule set: line numbers beside the text, and the server's judgement of it shortly after each pause in
// typing. Every problem is a link to its line. Without this script the "check" button does the same, line by line below.
(function () {
  'use strict';

  const form = document.querySelector('[data-draft]');
  if (form === null) {
    return;
  }
  const text = form.elements.text;
  const numbers = form.querySelector('[data-numbers]');
  const report = document.querySelector('[data-report]');
  const summary = report.querySelector('[data-summary]');
  const list = report.querySelector('[data-problems]');
  const notes = report.querySelector('[data-notes]');
  const plain = document.querySelector('[data-without-script]');
  const PAUSE = 450;
  let saved = text.value;
  let waiting = null;
  let latest = 0;
  let counted = 0;
  let bad = [];

  function drawNumbers() {
    const lines = text.value.split('\n').length;
    if (lines === counted) {
      return;
    }
    counted = lines;
    numbers.textContent = '';
    for (let line = 1; line <= lines; line += 1) {
      const number = document.createElement('div');
      number.textContent = String(line);
      numbers.appendChild(number);
    }
    markBad();
  }

  function markBad() {
    Array.from(numbers.children).forEach(function (number, index) {
      number.className = bad.indexOf(index + 1) === -1 ? '' : 'editor-bad';
    });
  }

  function follow() {
    numbers.scrollTop = text.scrollTop;
  }

  // The text's own place for the first sign of a line and column, which both count from 1.
  function placeOf(line, column) {
    const lines = text.value.split('\n');
    const before = lines.slice(0, line - 1).reduce(function (sum, each) { return sum + each.length + 1; }, 0);
    return before + Math.min(column - 1, (lines[line - 1] || '').length);
  }

  function jump(line, column) {
    const at = placeOf(line, column);
    const end = placeOf(line, Infinity);
    const height = parseFloat(window.getComputedStyle(text).lineHeight);
    text.focus({ preventScroll: true });
    text.setSelectionRange(at, Math.max(at, end));
    text.scrollTop = Math.max(0, (line - 1) * height - text.clientHeight / 3);
    text.scrollLeft = 0;
    text.scrollIntoView({ block: 'nearest' });
    follow();
  }

  function item(problem) {
    const entry = document.createElement('li');
    const link = document.createElement('a');
    link.href = '#text';
    link.setAttribute('data-line', problem.line);
    link.setAttribute('data-column', problem.column);
    link.textContent = form.getAttribute('data-line-label').replace('{line}', problem.line);
    const what = document.createElement('span');
    what.className = 'problem-what';
    what.textContent = problem.what;
    const instead = document.createElement('span');
    instead.className = 'problem-instead';
    instead.textContent = problem.instead;
    [link, ' ', what, ' ', instead].forEach(function (part) {
      entry.appendChild(typeof part === 'string' ? document.createTextNode(part) : part);
    });
    return entry;
  }

  function show(answer) {
    summary.textContent = answer.summary;
    summary.classList.toggle('problems-summary--good', answer.valid);
    list.textContent = '';
    answer.problems.forEach(function (problem) { list.appendChild(item(problem)); });
    notes.textContent = '';
    answer.notes.forEach(function (note) {
      const entry = document.createElement('li');
      entry.textContent = note;
      notes.appendChild(entry);
    });
    bad = answer.problems.map(function (problem) { return problem.line; });
    markBad();
  }

  function check() {
    const number = latest += 1;
    summary.setAttribute('aria-busy', 'true');
    fetch(form.getAttribute('data-check-url'), {
      method: 'POST',
      credentials: 'same-origin',
      redirect: 'error',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': form.elements.csrf_token.value },
      body: JSON.stringify({ text: text.value }),
    })
      .then(function (response) {
        if (!response.ok) {
          throw new Error(String(response.status));
        }
        return response.json();
      })
      .then(function (answer) {
        // Answers may overtake each other: only the newest question's is shown.
        if (number === latest) {
          show(answer);
        }
      })
      .catch(function () {
        if (number === latest) {
          summary.textContent = form.getAttribute('data-offline');
          summary.classList.remove('problems-summary--good');
        }
      })
      .then(function () {
        if (number === latest) {
          summary.removeAttribute('aria-busy');
        }
      });
  }

  text.addEventListener('input', function () {
    drawNumbers();
    follow();
    clearTimeout(waiting);
    waiting = setTimeout(check, PAUSE);
  });
  text.addEventListener('scroll', follow);

  report.addEventListener('click', function (event) {
    const link = event.target.closest('a[data-line]');
    if (link !== null) {
      event.preventDefault();
      jump(Number(link.getAttribute('data-line')), Number(link.getAttribute('data-column')));
    }
  });

  // What is typed and not saved is not lost by a tap on a link.
  let sending = false;
  form.addEventListener('submit', function () { sending = true; });
  window.addEventListener('pageshow', function () { sending = false; });
  window.addEventListener('beforeunload', function (event) {
    if (!sending && text.value !== saved) {
      event.preventDefault();
      event.returnValue = '';
    }
  });
  if (form.hasAttribute('data-unsaved')) {
    saved = null;
  }

  if (plain !== null) {
    plain.hidden = true;
  }
  bad = Array.from(list.querySelectorAll('a[data-line]')).map(function (link) {
    return Number(link.getAttribute('data-line'));
  });
  numbers.hidden = false;
  drawNumbers();
  follow();
}());
