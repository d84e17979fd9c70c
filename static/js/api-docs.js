/* The description of the interface to programs, drawn by Swagger UI from our own host. Trying requests out is left to
   programs: ours are signed, or carry a token of a page. */
(function () {
  'use strict';

  const place = document.getElementById('api-docs');
  window.SwaggerUIBundle({
    url: place.getAttribute('data-url'),
    domNode: place,
    supportedSubmitMethods: [],
    validatorUrl: null,
  });
}());
