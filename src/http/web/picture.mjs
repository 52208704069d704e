// A drawing as a picture (PNG), made here from the file that the server gives, which carries its own look.
import { announce, element, icon, say } from "./dom.mjs";

/** Pixels of the picture for one of the drawing. */
const DENSITY = 2;
/** Pixels that browsers draw at most, along each side. */
const MOST = 8192;

/**
 * The size of the picture of a drawing.
 * @param {number} width
 * @param {number} height
 */
export function sizeOf(width, height) {
  const density = Math.min(DENSITY, MOST / Math.max(width, height, 1));
  return { width: Math.round(width * density), height: Math.round(height * density) };
}

/**
 * The address of the file of this page's drawing.
 * @param {string} here
 */
export function fileOf(here) {
  const address = new URL(here);
  address.hash = "";
  address.searchParams.set("format", "svg");
  return address;
}

/** @param {SVGSVGElement} drawing */
async function picture(drawing) {
  const svg = await (await fetch(fileOf(location.href))).text();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const box = drawing.viewBox.baseVal;
  const canvas = /** @type {HTMLCanvasElement} */ (element("canvas"));
  Object.assign(canvas, sizeOf(box.width, box.height));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/**
 * Gives a drawing the button that takes it as a picture.
 * @param {HTMLElement} figure
 */
export function enhance(figure) {
  const bar = figure.querySelector(".tools");
  const drawing = /** @type {SVGSVGElement | null} */ (figure.querySelector("svg.graph-svg"));
  if (!bar || !drawing || bar.querySelector("[data-picture]")) return;
  const words = say("js.picture");
  const button = element("button", { type: "button", "aria-label": words, title: words, "data-picture": true }, icon("download"));
  button.addEventListener("click", async () => {
    try {
      const blob = /** @type {Blob} */ (await picture(drawing));
      const address = URL.createObjectURL(blob);
      element("a", { href: address, download: "throughline.png" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      announce(say("js.picture.made"));
    } catch {
      announce(say("js.picture.failed"));
    }
  });
  bar.append(button);
}
