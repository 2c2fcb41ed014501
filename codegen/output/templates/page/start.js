"use strict";
/* The reference page's own part: what it shows stands in the page. */
hal.page(JSON.parse(document.getElementById("maps").textContent));
