/* Small conveniences of every page, each found by its data attribute; without this script nothing is missed but them. */
(function () {
  'use strict';

  function each(selector, act) {
    document.querySelectorAll(selector).forEach(act);
  }

  // data-print: the browser's print dialog.
  each('[data-print]', function (button) {
    button.hidden = false;
    button.addEventListener('click', function () { window.print(); });
  });

  // data-reveal="id": shows a password while it is typed; one hand on a small keyboard mistypes easily.
  each('[data-reveal]', function (button) {
    const input = document.getElementById(button.getAttribute('data-reveal'));
    const show = button.textContent;
    button.hidden = false;
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', function () {
      const hidden = input.type === 'password';
      input.type = hidden ? 'text' : 'password';
      button.textContent = hidden ? button.getAttribute('data-hide-label') : show;
      button.setAttribute('aria-pressed', String(hidden));
    });
    if (input.form) {
      // Password managers and shared phones remember what was sent as text.
      input.form.addEventListener('submit', function () { input.type = 'password'; });
    }
  });

  // data-select-all="name": one box for all boxes of that name, half-ticked when only some are.
  each('[data-select-all]', function (all) {
    const table = all.closest('table');
    const boxes = Array.from(table.querySelectorAll('tbody input[type="checkbox"]')).filter(function (box) {
      return box.name === all.getAttribute('data-select-all') && !box.disabled;
    });
    function reflect() {
      const ticked = boxes.filter(function (box) { return box.checked; }).length;
      all.checked = boxes.length > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    all.addEventListener('change', function () {
      boxes.forEach(function (box) { box.checked = all.checked; });
    });
    table.addEventListener('change', reflect);
    reflect();
  });

  // data-focus: after a refused form the summary of errors is where reading goes on.
  const first = document.querySelector('[data-focus]');
  if (first !== null) {
    first.focus();
  }

  // data-menu: an open menu closes on a tap elsewhere and on Escape.
  each('[data-menu]', function (menu) {
    document.addEventListener('click', function (event) {
      if (menu.open && !menu.contains(event.target)) {
        menu.open = false;
      }
    });
    menu.addEventListener('keydown', function (event) {
      if (event.key === 'Escape' && menu.open) {
        menu.open = false;
        menu.querySelector('summary').focus();
      }
    });
  });

  // The active item of a strip that scrolls sideways starts in view.
  const active = document.querySelector('.page--strip .nav-main [aria-current]');
  if (active !== null) {
    const strip = active.closest('.nav-main');
    strip.scrollLeft = active.offsetLeft - (strip.clientWidth - active.offsetWidth) / 2;
  }
}());
