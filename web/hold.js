// While somebody is at the rows, none of them moves: who aims at one must hit it.

const NEAR = 20_000;   // after the last sign of somebody who points at the rows
const ABOUT = 1_500;   // elsewhere on the page

let last = -Infinity;
let near = false;

function notice({ target, type }) {
  last = performance.now();
  if (type !== 'keydown') near = Boolean(target.closest?.('#rows'));
}

for (const type of ['pointermove', 'pointerdown', 'wheel', 'touchmove', 'keydown']) {
  addEventListener(type, notice, { passive: true, capture: true });
}

export function isHeld() {
  const inside = near || document.getElementById('rows')?.contains(document.activeElement);
  return performance.now() - last < (inside ? NEAR : ABOUT);
}
