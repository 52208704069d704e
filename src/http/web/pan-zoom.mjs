// Pan and zoom for drawings. Zoom sets the size of the drawing and the frame scrolls, so that wheels, fingers,
// keys and scroll bars all move it in the way the reader is used to; nothing can be done by dragging alone.
import { element, icon, isPlain, say } from "./dom.mjs";

const STEP = 1.25;
const LEAST = 0.2;
const MOST = 4;
/** The least scale at which names can still be read. */
const LEGIBLE = 0.8;

/**
 * A scale within bounds.
 * @param {number} scale
 */
export const bounded = (scale) => Math.min(MOST, Math.max(LEAST, scale));

/**
 * Where the frame must be scrolled so that the point under `pointer` stays under it.
 * @param {number} scrolled
 * @param {number} pointer distance from the edge of the frame
 * @param {number} ratio new scale by old scale
 */
export const scrolledTo = (scrolled, pointer, ratio) => (scrolled + pointer) * ratio - pointer;

/**
 * The scale at which all of a drawing is in sight, never larger than life.
 * @param {{ width: number, height: number }} frame
 * @param {{ width: number, height: number }} drawing
 */
export const fitting = (frame, drawing) => bounded(Math.min(1, frame.width / drawing.width, frame.height / drawing.height));

/**
 * Gives a drawing its tools.
 * @param {HTMLElement} figure
 */
export function enhance(figure) {
  const frame = /** @type {HTMLElement | null} */ (figure.querySelector(".graph-frame"));
  const drawing = /** @type {SVGSVGElement | null} */ (figure.querySelector("svg.graph-svg"));
  if (!frame || !drawing || figure.querySelector(".tools")) return;
  const size = { width: Number(drawing.getAttribute("width")), height: Number(drawing.getAttribute("height")) };
  let scale = 1;

  const zoom = (/** @type {number} */ to, x = frame.clientWidth / 2, y = frame.clientHeight / 2) => {
    const ratio = bounded(to) / scale;
    const [left, top] = [scrolledTo(frame.scrollLeft, x, ratio), scrolledTo(frame.scrollTop, y, ratio)];
    scale = bounded(to);
    drawing.setAttribute("width", String(Math.round(size.width * scale)));
    drawing.setAttribute("height", String(Math.round(size.height * scale)));
    frame.scrollTo({ left, top, behavior: "instant" });
  };
  const fit = () => zoom(fitting({ width: frame.clientWidth, height: Math.max(frame.clientHeight, window.innerHeight * 0.7) }, size));

  const tools = { "zoom-in": () => zoom(scale * STEP), "zoom-out": () => zoom(scale / STEP), "zoom-fit": fit };
  const bar = element("div", { class: "tools", role: "group", "aria-label": say("js.zoom") });
  for (const [name, act] of Object.entries(tools)) {
    const words = say(`js.${name}`);
    const button = element("button", { type: "button", "aria-label": words, title: words }, icon(name));
    button.addEventListener("click", act);
    bar.append(button);
  }
  frame.before(bar);
  // A little too wide is better seen whole; much too wide is better read.
  const whole = frame.clientWidth / size.width;
  if (whole < 1) zoom(Math.max(whole, LEGIBLE), 0, 0);

  frame.addEventListener("keydown", (event) => {
    if (!isPlain(event)) return;
    const act = { "+": tools["zoom-in"], "=": tools["zoom-in"], "-": tools["zoom-out"], 0: fit }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  // The wheel alone scrolls the page, as everywhere; with Ctrl (which is what pinching sends) it zooms.
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    },
    { passive: false },
  );
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || /** @type {Element} */ (event.target).closest("a")) return;
    const from = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop };
    const drag = (/** @type {PointerEvent} */ move) => frame.scrollTo({ left: from.x - move.clientX, top: from.y - move.clientY, behavior: "instant" });
    const end = () => {
      frame.classList.remove("is-panning");
      frame.removeEventListener("pointermove", drag);
    };
    frame.classList.add("is-panning");
    frame.setPointerCapture(event.pointerId);
    frame.addEventListener("pointermove", drag);
    for (const over of ["pointerup", "pointercancel"]) frame.addEventListener(over, end, { once: true });
  });
}
