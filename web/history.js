// The history of a profile's page: a document of the server of its own, since the page does not wait for it.

const FRESH = 5 * 60_000;  // pictures of days need no newer ones

let loadedAt;

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

async function load(url) {
  const before = section();
  before.setAttribute('aria-busy', 'true');
  loadedAt = performance.now();
  try {
    const fresh = await fetchSection(url);
    fresh.dataset.url = url;
    section()?.replaceWith(fresh);
  } catch (error) {
    const note = before.querySelector('.failed') ?? before.appendChild(Object.assign(document.createElement('p'), { className: 'failed' }));
    note.textContent = `It cannot be shown now: ${error.message}`;
    before.removeAttribute('aria-busy');
  }
}

// The page as the server has it now gets what is shown, which stays then. Somebody at it is not disturbed.
export function keep(page) {
  const shown = section();
  if (!shown || page === document) return;
  page.getElementById('history')?.replaceWith(page.importNode(shown, true));
  const read = shown.querySelector('[open]') || shown.contains(document.activeElement);
  if (shown.dataset.url && !read && performance.now() - loadedAt > FRESH) load(shown.dataset.url);
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
