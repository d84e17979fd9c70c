/* A second tap on a slow network must not send a form twice. Works on forms with data-submit-once ("off" opts out, for
   answers that are downloads and leave the page where it is). */
(function () {
  'use strict';

  // After this long nothing will come any more, and a stuck button would be worse than a second request.
  const GIVE_UP_AFTER = 20000;

  function submitters(form) {
    return Array.from(document.querySelectorAll('button, input[type="submit"]')).filter(function (button) {
      return button.form === form && (button.type === 'submit' || button.type === 'image');
    });
  }

  function release(form) {
    form.removeAttribute('data-sending');
    submitters(form).forEach(function (button) {
      const label = button.querySelector('.btn-label');
      if (label !== null && button.hasAttribute('data-label')) {
        label.textContent = button.getAttribute('data-label');
        button.removeAttribute('data-label');
      }
      button.removeAttribute('aria-busy');
      button.removeAttribute('aria-disabled');
    });
  }

  function hold(form, pressed) {
    form.setAttribute('data-sending', '');
    submitters(form).forEach(function (button) { button.setAttribute('aria-disabled', 'true'); });
    if (pressed) {
      const label = pressed.querySelector('.btn-label');
      pressed.setAttribute('aria-busy', 'true');
      if (label !== null && pressed.hasAttribute('data-busy')) {
        pressed.setAttribute('data-label', label.textContent);
        label.textContent = pressed.getAttribute('data-busy');
      }
    }
    window.setTimeout(function () { release(form); }, GIVE_UP_AFTER);
  }

  document.addEventListener('submit', function (event) {
    const form = event.target;
    if (!form.hasAttribute('data-submit-once') || form.getAttribute('data-submit-once') === 'off') {
      return;
    }
    if (form.hasAttribute('data-sending')) {
      event.preventDefault();
      return;
    }
    if (!event.defaultPrevented) {
      // The buttons stay enabled for the browser, so that the pressed one's name and value are sent.
      hold(form, event.submitter || form.querySelector('[type="submit"]'));
    }
  });

  // A page that comes back from the browser's memory comes back usable.
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) {
      document.querySelectorAll('form[data-sending]').forEach(release);
    }
  });
}());
