/** Prints the view: no browser prints what WebGL drew, so a picture of it on white stands there while it prints. */

const WHITE = [1, 1, 1, 1];

/** A picture of the view; ground: red, green, blue. @typedef {(ground?: number[]) => HTMLCanvasElement} Snapshot */

/** Have the picture there as long as something is printed. @param {HTMLElement} host @param {Snapshot} snapshot */
export function listenForPrint(host, snapshot) {
  const shown = () => host.querySelector(".rv-printed");
  const remove = () => shown()?.remove();
  const show = () => {
    if (!host.dataset.ready || host.dataset.stills || shown()) return; // nothing is drawn, or it is there already
    const picture = snapshot(WHITE);
    picture.className = "rv-printed";
    host.prepend(picture);
  };
  addEventListener("beforeprint", show);
  addEventListener("afterprint", remove);
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? show() : remove()));
}
