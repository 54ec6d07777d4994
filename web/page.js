// Fetches the page again and swaps its live parts, for changes that are not rows: added, removed, moved.

import { dress } from './dress.js';

const PARTS = ['summary', 'view', 'exports', 'version'];

// The page as the server has it now. Throws {refused} where the view cannot be shown, {signin} where a login page is.
export async function fetchPage() {
  const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-cache', redirect: 'manual' });
  const signin = response.type === 'opaqueredirect' || response.status === 401;
  if (signin) throw Object.assign(new Error('signed out'), { signin });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (response.ok && page.body.dataset.version != null) return page;
  if (response.ok) throw Object.assign(new Error('not our page'), { signin: true });
  const refused = response.status === 400 && page.getElementById('problem')?.textContent;
  if (refused) throw Object.assign(new Error(refused), { refused });
  // A profile that was removed, and may come back: the server says so.
  const why = response.status < 500 && response.status !== 429 && page.getElementById('view');
  if (why) {
    replace(document.getElementById('view'), why);
    document.title = page.title;
  }
  throw new Error(`HTTP ${response.status}`);
}

const FOCUSABLE = 'a[href], button, summary, pre[tabindex]';
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

const orderOf = page => [...page.querySelectorAll('#rows tr[data-id]')].map(tr => tr.dataset.id);

// The reader's place: the focus, opened notes, the row at the top of the window.
function remember() {
  const rows = [...document.querySelectorAll('#rows tr[data-id]')];
  const top = rows.find(tr => tr.getBoundingClientRect().bottom > 0);
  const open = selector => [...document.querySelectorAll(`#rows ${selector}`)].map(part => part.closest('tr').dataset.id);
  return {
    order: orderOf(document),
    focus: focusPlace(),
    open: open('details[open]'),
    whole: open('.note.whole'),
    topRow: top?.dataset.id,
    topAt: top?.getBoundingClientRect().top,
  };
}

// Rows that others push up or down are followed; one that moves among the others is not.
function keepOrder(before) {
  const after = orderOf(document);
  const [had, has] = [new Set(before), new Set(after)];
  return before.filter(id => has.has(id)).join() === after.filter(id => had.has(id)).join();
}

function restore({ focus, open, whole, order, topRow, topAt }) {
  for (const id of open) rowElement(id)?.querySelector('details')?.setAttribute('open', '');
  for (const id of whole) rowElement(id)?.querySelector('.note')?.classList.add('whole');
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

function sameAttributes(element, fresh) {
  for (const { name } of [...element.attributes]) if (!fresh.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// One element stays for another that means the same: a click on it that has begun is not lost.
function isSame(element, fresh) {
  return element.nodeType === Node.ELEMENT_NODE && element.nodeName === fresh.nodeName && element.id === fresh.id
    && element.dataset.id === fresh.dataset.id;
}

// Unchanged nodes stay, and with them the reader's selection.
function replace(part, fresh) {
  const [before, after] = [[...part.childNodes], [...fresh.childNodes]];
  if (before.length !== after.length) return part.replaceChildren(...after);
  before.forEach((node, i) => {
    if (node.isEqualNode(after[i])) return;
    if (!isSame(node, after[i])) return node.replaceWith(after[i]);
    sameAttributes(node, after[i]);
    replace(node, after[i]);
  });
}

// The rows stay where they are: those that are shown get their new values, the others wait. Returns whether any does.
function replaceInPlace(fresh) {
  const [before, after] = [orderOf(document), orderOf(fresh)];
  const rows = new Map([...fresh.querySelectorAll('#rows tr[data-id]')].map(tr => [tr.dataset.id, tr]));
  for (const tr of document.querySelectorAll('#rows tr[data-id]')) {
    const latest = rows.get(tr.dataset.id);
    if (!latest) {
      tr.classList.add('gone');
      continue;
    }
    sameAttributes(tr, latest);
    replace(tr, latest);
  }
  for (const part of ['#view caption', '#view thead', '#view nav']) {
    const [shown, latest] = [document, fresh].map(page => page.querySelector(part));
    if (shown && latest) replace(shown, latest);
  }
  return before.join() !== after.join();
}

// Which providers there are is the server's to say, which one is chosen the reader's.
function replaceProviders(fresh) {
  const [shown, latest] = [document, fresh].map(page => page.querySelector('#filter [name="provider"]'));
  if (shown?.textContent === latest?.textContent) return;
  if (!latest) return shown.remove();
  if (!shown) return document.querySelector('#filter .more').prepend(latest);
  const { value } = shown;
  shown.replaceChildren(...latest.children);
  shown.value = value;
}

// Returns whether rows wait to be moved.
export function swap(fresh, held) {
  dress(fresh, document.body.dataset.root);
  const kept = remember();
  const hold = held && document.getElementById('rows') && fresh.getElementById('rows');
  let waits = false;
  for (const id of PARTS) {
    if (id === 'view' && hold) waits = replaceInPlace(fresh);
    else replace(document.getElementById(id), fresh.getElementById(id));
  }
  document.querySelectorAll('#view img').forEach(reload);
  // Text that is being typed stays; the first rows bring the form along, the last ones take it away.
  const tools = document.getElementById('tools');
  const freshTools = fresh.getElementById('tools');
  if (tools && !tools.firstElementChild !== !freshTools.firstElementChild) tools.replaceChildren(...freshTools.childNodes);
  replaceProviders(fresh);
  document.title = fresh.title;
  const [feed, freshFeed] = [document, fresh].map(page => page.querySelector('link[rel="alternate"]'));
  if (feed && freshFeed) feed.href = freshFeed.getAttribute('href');
  Object.assign(document.body.dataset, fresh.body.dataset);
  restore(kept);
  return waits;
}

// Beside the search field: why the view cannot be shown. The list stays.
export function showProblem(text) {
  const problem = document.getElementById('problem');
  if (!problem || problem.textContent === text) return;
  problem.textContent = text;
  const field = document.querySelector('#filter [name="q"]');
  field.toggleAttribute('aria-invalid', Boolean(text));
  if (text) field.setAttribute('aria-describedby', 'problem');
}
