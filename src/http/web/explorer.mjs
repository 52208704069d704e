// The entry: pages are complete without it. Everything here only makes quicker what a link or a form does.
import * as combobox from "./combobox.mjs";
import * as copy from "./copy.mjs";
import * as graphKeys from "./graph-keys.mjs";
import * as inPlace from "./in-place.mjs";
import * as overview from "./overview.mjs";
import * as picture from "./picture.mjs";
import * as panZoom from "./pan-zoom.mjs";

/** @param {ParentNode} root */
function enhance(root) {
  for (const place of root.querySelectorAll("[data-combobox]")) combobox.enhance(/** @type {HTMLElement} */ (place));
  for (const figure of root.querySelectorAll("[data-graph]")) {
    graphKeys.enhance(/** @type {HTMLElement} */ (figure));
    panZoom.enhance(/** @type {HTMLElement} */ (figure));
    picture.enhance(/** @type {HTMLElement} */ (figure));
  }
  for (const figure of root.querySelectorAll("[data-overview]")) overview.enhance(/** @type {HTMLElement} */ (figure));
  copy.enhance(root);
}

enhance(document);
inPlace.begin(enhance);
