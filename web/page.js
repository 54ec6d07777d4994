// Fetches the page again and swaps its live parts, for changes that are not rows: added, removed, moved.

import { older } from './version.js';

const PARTS = ['summary', 'view', 'exports', 'version'];
const BACKOFF_MAX = 30_000;

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

async function fetchPage() {
  const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-cache' });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

const rowElement = id => document.querySelector(`#rows tr[data-id="${id}"]`);

// What the reader would miss: the focused element, opened errors, the row at the top of the window.
function remember() {
  const focused = document.activeElement;
  const top = [...document.querySelectorAll('#rows tr[data-id]')].find(tr => tr.getBoundingClientRect().bottom > 0);
  return {
    focusRow: focused.closest('#rows tr')?.dataset.id,
    focusOn: focused.matches('summary') ? 'summary' : 'a',
    focusPager: focused.closest('nav') && focused.rel,
    open: [...document.querySelectorAll('#rows details[open]')].map(details => details.closest('tr').dataset.id),
    topRow: top?.dataset.id,
    topAt: top?.getBoundingClientRect().top,
  };
}

function restore({ focusRow, focusOn, focusPager, open, topRow, topAt }) {
  for (const id of open) rowElement(id)?.querySelector('details')?.setAttribute('open', '');
  const focus = focusRow ? rowElement(focusRow)?.querySelector(focusOn)
    : focusPager && document.querySelector(`nav a[rel="${focusPager}"]`);
  if (focus) focus.focus({ preventScroll: true });
  const top = topRow && scrollY > 0 && rowElement(topRow);
  if (top) scrollBy({ top: top.getBoundingClientRect().top - topAt, behavior: 'instant' });
}

function swap(fresh) {
  const kept = remember();
  for (const id of PARTS) {
    document.getElementById(id).replaceChildren(...fresh.getElementById(id).childNodes);
  }
  // What is being typed stays; the first rows bring the form along.
  const tools = document.getElementById('tools');
  if (tools && !tools.firstElementChild) tools.replaceChildren(...fresh.getElementById('tools').childNodes);
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
    await pause(Math.min(BACKOFF_MAX, 500 * 2 ** attempt) * (0.5 + Math.random()));
  }
}
