// The form for a new activity: while it is filled in, the server is asked what it would be worth by the rules. The end
// follows the start, so that moving a run is one change and not two. Without this script the worth stands on the
// activity's page before anything is submitted.
(function () {
  'use strict';

  var form = document.getElementById('activity');
  var region = document.querySelector('[data-worth]');
  if (!form || !region) return;

  var asked = ['category', 'place', 'grade_from', 'grade_to', 'starts_at', 'ends_at', 'venue'];
  var starts = form.elements.starts_at;
  var ends = form.elements.ends_at;
  var length = span(starts.value, ends.value);
  var waiting = null;
  var latest = 0;

  function span(from, to) {
    return from && to ? new Date(to + 'Z') - new Date(from + 'Z') : 0;
  }

  function keepLength() {
    if (starts.value && length > 0) {
      ends.value = new Date(new Date(starts.value + 'Z').getTime() + length).toISOString().slice(0, 16);
    }
  }

  function ask() {
    var query = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (asked.indexOf(name) !== -1) query.append(name, value);
    });
    var number = ++latest;
    fetch(region.dataset.worthUrl + '?' + query, { credentials: 'same-origin' })
      .then(function (response) { return response.ok ? response.text() : null; })
      .then(function (text) {
        // Answers may overtake each other: only the newest question's is shown.
        if (text !== null && number === latest) region.innerHTML = text;
      })
      .catch(function () { /* Offline: what stands there stays, and the activity's page tells it later. */ });
  }

  form.addEventListener('change', function (event) {
    if (event.target === starts) keepLength();
    if (event.target === starts || event.target === ends) length = span(starts.value, ends.value);
    if (asked.indexOf(event.target.name) === -1) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 150);
  });
  ask();
})();
