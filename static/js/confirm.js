/* Asks before a submit whose button carries data-confirm, in a <dialog>; browsers without one ask in their own way.
   The form still works without this script: the question is a courtesy, never the protection. */
(function () {
  'use strict';

  const template = document.getElementById('confirm-template');
  let pressed = null;

  function canShowDialogs() {
    return template !== null && typeof window.HTMLDialogElement === 'function'
      && typeof window.HTMLDialogElement.prototype.showModal === 'function';
  }

  function ask(button, onYes) {
    const text = button.getAttribute('data-confirm');
    if (!canShowDialogs()) {
      if (window.confirm(text)) {
        onYes();
      }
      return;
    }
    const dialog = template.content.firstElementChild.cloneNode(true);
    const yes = dialog.querySelector('[data-ask-yes]');
    dialog.querySelector('#ask-text').textContent = text;
    yes.textContent = button.getAttribute('data-confirm-yes') || yes.textContent;
    if (button.getAttribute('data-confirm-kind') === 'danger') {
      yes.classList.replace('btn-primary', 'btn-danger');
    }
    dialog.addEventListener('close', function () {
      const answer = dialog.returnValue;
      dialog.remove();
      button.focus();
      if (answer === 'yes') {
        onYes();
      }
    });
    document.body.appendChild(dialog);
    dialog.showModal();
    // The safe answer has the focus, so that a stray Enter does nothing.
    dialog.querySelector('[data-ask-no]').focus();
  }

  // The button's name and value must travel with the form; browsers without requestSubmit get them as a hidden field.
  function submitBy(form, button) {
    button.setAttribute('data-confirmed', '');
    if (typeof form.requestSubmit === 'function') {
      form.requestSubmit(button);
    } else {
      if (button.name) {
        const carried = document.createElement('input');
        carried.type = 'hidden';
        carried.name = button.name;
        carried.value = button.value;
        form.appendChild(carried);
      }
      if (form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))) {
        form.submit();
      }
    }
    button.removeAttribute('data-confirmed');
  }

  // Older browsers do not say in the event which button submitted; the last one pressed did.
  document.addEventListener('click', function (event) {
    const button = event.target.closest ? event.target.closest('button, input[type="submit"]') : null;
    if (button !== null && button.form) {
      pressed = button;
    }
  }, true);

  document.addEventListener('submit', function (event) {
    const form = event.target;
    const last = pressed !== null && pressed.form === form ? pressed : null;
    const button = event.submitter || last || form.querySelector('[data-confirm]');
    if (!button || !button.hasAttribute('data-confirm') || button.hasAttribute('data-confirmed')) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(button, function () { submitBy(form, button); });
  }, true);
}());
