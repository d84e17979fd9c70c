/* Moves the progress bars of background jobs: asks the server every two seconds, and shows the page anew when a job has
   come to its end. Without this script there is a link that does. */
(function () {
  'use strict';

  const EVERY_MS = 2000;

  function show(job, told) {
    const bar = job.querySelector('[data-job-bar]');
    if (!told.in_all) {
      return;
    }
    bar.max = told.in_all;
    bar.value = told.done;
    job.querySelector('[data-job-count]').textContent = job.getAttribute('data-job-text')
      .replace('{done}', told.done).replace('{in_all}', told.in_all);
  }

  function watch(job) {
    fetch(job.getAttribute('data-job'), { credentials: 'same-origin', headers: { Accept: 'application/json' } })
      .then(function (response) {
        if (!response.ok) {
          throw new Error(String(response.status));
        }
        return response.json();
      })
      .then(function (told) {
        show(job, told);
        if (told.running) {
          window.setTimeout(watch, EVERY_MS, job);
        } else {
          window.location.reload();
        }
      })
      // Offline, or signed out elsewhere: the bar stays where it is, and the next question may be answered.
      .catch(function () { window.setTimeout(watch, EVERY_MS * 5, job); });
  }

  document.querySelectorAll('[data-job]').forEach(watch);
}());
