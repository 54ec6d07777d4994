// The history of a profile's page: a document of the server of its own, since the page does not wait for it.

const FRESH = 5 * 60_000;  // pictures of days need no newer ones
const RETRY = 10_000;

let loads = 0;
let nextAt;  // when to load it again

const section = () => document.getElementById('history');

// The part of the document at `url`, its links as from there.
async function fetchSection(url) {
  const response = await fetch(url, { headers: { Accept: 'text/html' }, redirect: 'manual' });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (!response.ok) throw new Error(page.querySelector('#view p')?.textContent || `HTTP ${response.status}`);
  const fresh = page.getElementById('history');
  if (!fresh) throw new Error('not our page');
  for (const link of fresh.querySelectorAll('a')) link.setAttribute('href', new URL(link.getAttribute('href'), response.url));
  return document.importNode(fresh, true);
}

// The last one that began counts.
async function load(url) {
  const turn = ++loads;
  section().setAttribute('aria-busy', 'true');
  section().dataset.url = url;
  nextAt = Infinity;
  let fresh, problem;
  try {
    fresh = await fetchSection(url);
  } catch (error) {
    problem = error.message;
  }
  const before = section();
  if (turn !== loads || !before) return;
  nextAt = performance.now() + (fresh ? FRESH : RETRY);
  if (fresh) {
    fresh.dataset.url = url;
    before.replaceWith(fresh);
    return;
  }
  const note = before.querySelector('.failed') ?? before.appendChild(Object.assign(document.createElement('p'), { className: 'failed' }));
  note.textContent = `It cannot be shown now: ${problem}`;
  before.removeAttribute('aria-busy');
}

// The page as the server has it now gets what is shown, which stays then. Somebody at it is not disturbed.
export function keep(page) {
  const shown = section();
  if (!shown || page === document) return;
  page.getElementById('history')?.replaceWith(page.importNode(shown, true));
  const read = shown.querySelector('[open]') || shown.contains(document.activeElement);
  if (shown.dataset.url && !read && performance.now() > nextAt) load(shown.dataset.url);
}

document.addEventListener('click', async event => {
  const link = event.target.closest('#history .ranges a');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await load(link.href);
  section()?.querySelector('[aria-current]')?.focus();
});

const first = section()?.querySelector('a');
if (first) load(first.href);
