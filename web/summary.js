// The counts at the top and their bar.

const LEVELS = ['HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'];

let counts = {};

export function index() {
  counts = {};
  for (const element of document.querySelectorAll('[data-count]')) {
    counts[element.dataset.count] = Number(element.textContent);
  }
}

export function set(latest) {
  counts = { ...counts, ...latest };
  for (const element of document.querySelectorAll('[data-count]')) {
    const text = String(counts[element.dataset.count]);
    if (element.textContent !== text) element.textContent = text;
  }
  const bar = document.querySelector('.bar');
  if (!bar) return;
  bar.setAttribute('viewBox', `0 0 ${counts.total} 1`);
  let start = 0;
  for (const level of LEVELS) {
    const n = counts[level];
    bar.querySelector(`.${level.toLowerCase()}`).setAttribute('d', `M${start} 0h${n}v1h-${n}z`);
    start += n;
  }
}

// Rows that the page itself let grow old; the server's next counts replace this.
export function aged(turned) {
  const next = { ...counts };
  for (const { before, level } of turned) {
    next[before.level] -= 1;
    next[level] += 1;
    if (before.freshness === 'FRESH') next.FRESH -= 1;
  }
  set(next);
}

// There are profiles, and of none is it known how it stands now.
export function isBlind() {
  return counts.total > 0 && counts.FRESH === 0;
}

export function sentence() {
  return `${LEVELS.map(level => `${counts[level]} ${level.toLowerCase()}`).join(', ')}.`;
}
