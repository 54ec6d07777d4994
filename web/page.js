// Fetches the page again and swaps its live parts, for changes that are not rows: added, removed, moved.

import { older } from './version.js';

const PARTS = ['summary', 'view', 'exports', 'version'];
const BACKOFF_MAX = 30_000;

let wakeUp = () => {};

// Ends the pause before the next attempt.
export function wake() {
  wakeUp();
}

// Resolves with whether it was cut short.
function pause(milliseconds) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds, false);
    wakeUp = () => {
      clearTimeout(timer);
      resolve(true);
    };
  });
}

async function fetchPage() {
  const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-cache' });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (response.ok) return page;
  // A profile that was removed, and may come back, or a view that cannot be shown: the server says so.
  const why = response.status < 500 && response.status !== 429 && page.getElementById('view');
  if (why) {
    replace(document.getElementById('view'), why);
    document.title = page.title;
  }
  throw new Error(`HTTP ${response.status}`);
}

const FOCUSABLE = 'a[href], summary, pre[tabindex]';
const rowElement = id => document.querySelector(`#rows tr[data-id="${id}"]`);
const within = element => [...element?.querySelectorAll(FOCUSABLE) ?? []];

// Where the focus is: in a row, or elsewhere in a part that is swapped. There, what it is on is known by its words or its place.
function focusPlace() {
  const focused = document.activeElement;
  const row = focused.closest('#rows tr[data-id]');
  const part = PARTS.find(id => document.getElementById(id).contains(focused));
  if (row) return { row: row.dataset.id, rowAt: row.sectionRowIndex, at: within(row).indexOf(focused) };
  return part && { part, text: focused.textContent, at: within(document.getElementById(part)).indexOf(focused) };
}

function restoreFocus(place) {
  if (!place) return;
  const { row, rowAt, part, text, at } = place;
  const rows = document.querySelectorAll('#rows tr');
  const choice = within(row ? rowElement(row) ?? rows[Math.min(rowAt, rows.length - 1)] : document.getElementById(part));
  const same = part && choice.find(element => element.textContent === text);
  (same ?? choice[Math.min(at, choice.length - 1)])?.focus({ preventScroll: true });
}

// What the reader would miss: the focus, opened errors, the row at the top of the window.
function remember() {
  const rows = [...document.querySelectorAll('#rows tr[data-id]')];
  const top = rows.find(tr => tr.getBoundingClientRect().bottom > 0);
  return {
    order: rows.map(tr => tr.dataset.id),
    focus: focusPlace(),
    open: [...document.querySelectorAll('#rows details[open]')].map(details => details.closest('tr').dataset.id),
    topRow: top?.dataset.id,
    topAt: top?.getBoundingClientRect().top,
  };
}

// Rows that others push up or down are followed; one that moves among the others is not.
function keepOrder(before) {
  const after = [...document.querySelectorAll('#rows tr[data-id]')].map(tr => tr.dataset.id);
  const [had, has] = [new Set(before), new Set(after)];
  return before.filter(id => has.has(id)).join() === after.filter(id => had.has(id)).join();
}

function restore({ focus, open, order, topRow, topAt }) {
  for (const id of open) rowElement(id)?.querySelector('details')?.setAttribute('open', '');
  restoreFocus(focus);
  const top = topRow && scrollY > 0 && keepOrder(order) && rowElement(topRow);
  if (top) scrollBy({ top: top.getBoundingClientRect().top - topAt, behavior: 'instant' });
}

// A browser that has a picture does not ask for it again when the page shows it anew, whatever its headers say.
async function reload(img) {
  const { src } = img;
  await fetch(src, { cache: 'reload' }).catch(() => {});  // the old one is better than none
  img.src = src;
}

// What is the same stays, and with it what the reader selected there.
function replace(part, fresh) {
  const [before, after] = [[...part.childNodes], [...fresh.childNodes]];
  if (before.length !== after.length) return part.replaceChildren(...after);
  before.forEach((node, i) => {
    if (node.isEqualNode(after[i])) return;
    if (node.nodeType === Node.ELEMENT_NODE && node.cloneNode().isEqualNode(after[i].cloneNode())) replace(node, after[i]);
    else node.replaceWith(after[i]);
  });
}

// Which providers there are is the server's to say, which one is chosen the reader's.
function replaceProviders(fresh) {
  const [shown, latest] = [document, fresh].map(page => page.querySelector('#filter [name="provider"]'));
  if (shown?.textContent === latest?.textContent) return;
  if (!latest) return shown.remove();
  if (!shown) return document.querySelector('#filter [name="q"]').after(latest);
  const { value } = shown;
  shown.replaceChildren(...latest.children);
  shown.value = value;
}

function swap(fresh) {
  const kept = remember();
  for (const id of PARTS) replace(document.getElementById(id), fresh.getElementById(id));
  document.querySelectorAll('#view img').forEach(reload);
  // What is being typed stays; the first rows bring the form along, the last ones take it away.
  const tools = document.getElementById('tools');
  const freshTools = fresh.getElementById('tools');
  if (tools && !tools.firstElementChild !== !freshTools.firstElementChild) tools.replaceChildren(...freshTools.childNodes);
  replaceProviders(fresh);
  document.title = fresh.title;
  Object.assign(document.body.dataset, fresh.body.dataset);
  restore(kept);
}

// wanted() is the newest version seen. Another replica may still be behind it, so an older page is asked for again.
export async function refetch(wanted, onFailure) {
  for (let attempt = 0; ; attempt++) {
    try {
      const fresh = await fetchPage();
      if (!older(fresh.body.dataset.version, wanted())) return swap(fresh);
    } catch (error) {
      onFailure(error);
    }
    if (await pause(Math.min(BACKOFF_MAX, 500 * 2 ** attempt) * (0.5 + Math.random()))) attempt = -1;
  }
}
