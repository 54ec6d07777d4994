// A wall: as many tiles as fit, as large as they may be, the worst first; the others on further pages, which turn by themselves.

import { now } from './clock.js';
import { number, setText, shortTime } from './format.js';

const PAGE = 10_000;
const SCALES = [2, 1.7, 1.45, 1.25, 1.1, 1, 0.9, 0.8];  // smaller tiles are not read from afar
const TILE = { width: 20, height: 8, gap: 0.8 };  // in units of the scale, as the stylesheet has them

const isWall = document.body.classList.contains('wall');
let pages = 1;
let page = 0;
let turnedAt = performance.now();
let clock;
let shownHeight;
let left = '';  // how many rows there are that are not shown

// The window without the banner.
const heightLeft = () => innerHeight - (document.querySelector('#connection p')?.offsetHeight ?? 0);

// The largest scale at which all fit; else the smallest, with several pages.
function arrange(count, width, height) {
  const fits = scale => {
    const unit = scale * 16;
    const across = Math.max(1, Math.floor((width + TILE.gap * unit) / ((TILE.width + TILE.gap) * unit)));
    const down = Math.max(1, Math.floor((height + TILE.gap * unit) / ((TILE.height + TILE.gap) * unit)));
    return across * down;
  };
  const scale = SCALES.find(each => fits(each) >= count) ?? SCALES.at(-1);
  return { scale, most: fits(scale) };
}

export function show() {
  const rows = document.getElementById('rows');
  if (!isWall || !rows) return;
  const tiles = [...rows.querySelectorAll('tr[data-id]')];
  shownHeight = heightLeft();
  const matching = document.querySelector('caption [data-count="matching"]')?.textContent ?? '';
  left = matching && matching !== number(tiles.length) ? ` · the worst ${number(tiles.length)} of ${matching}` : '';
  const { scale, most } = arrange(tiles.length, rows.clientWidth, shownHeight - rows.getBoundingClientRect().top - scrollY - 24);
  document.documentElement.style.setProperty('--scale', scale);
  pages = Math.max(1, Math.ceil(tiles.length / most));
  page %= pages;
  tiles.forEach((tile, i) => { tile.hidden = Math.floor(i / most) !== page; });
  for (const group of rows.querySelectorAll('.group')) group.hidden = true;
}

export function tick() {
  if (!isWall) return;
  clock ??= document.querySelector('header').appendChild(Object.assign(document.createElement('p'), { id: 'clock' }));
  setText(clock, `${shortTime(now())}${pages > 1 ? ` · ${page + 1} of ${pages}` : ''}${left}`);
  if (heightLeft() !== shownHeight) show();
  if (pages < 2 || performance.now() - turnedAt < PAGE) return;
  turnedAt = performance.now();
  page = (page + 1) % pages;
  show();
}

addEventListener('resize', show);
