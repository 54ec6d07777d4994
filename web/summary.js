// The counts at the top and their bar: of the rows that the filter of words, provider and numbers leaves.

import { number, setText } from './format.js';

const KINDS = ['HIGH', 'MEDIUM', 'LOW', 'STALE', 'UNKNOWN'];  // they make up the total

let counts = {};

export function index() {
  counts = {};
  for (const { dataset, textContent } of document.querySelectorAll('[data-count]')) {
    counts[dataset.count] = Number(textContent.replace(/\D/g, ''));
  }
}

export function set(latest) {
  counts = { ...counts, ...latest };
  for (const element of document.querySelectorAll('[data-count]')) setText(element, number(counts[element.dataset.count]));
  const bar = document.querySelector('.bar');
  if (!bar) return;
  bar.setAttribute('viewBox', `0 0 ${counts.total} 1`);
  let start = 0;
  for (const kind of KINDS) {
    const n = counts[kind];
    bar.querySelector(`.${kind.toLowerCase()}`).setAttribute('d', `M${start} 0h${n}v1h-${n}z`);
    start += n;
  }
}

// Would these change what is shown?
export function differs(latest) {
  return KINDS.some(kind => latest[kind] !== counts[kind]);
}

// Rows that the page itself let grow old; the server's next counts replace this. They may have them already.
export function aged(turned) {
  const next = { ...counts };
  for (const { before, level, freshness } of turned) {
    next[before.freshness] -= 1;
    next[freshness] += 1;
    if (before.freshness !== 'STALE') next[before.level] -= 1;
    if (freshness === 'EXPIRED') next[level] += 1;
  }
  for (const kind of Object.keys(next)) next[kind] = Math.max(0, next[kind]);
  set(next);
}

// There are profiles, and of none is it known how it stands now.
export function isBlind() {
  return counts.total > 0 && counts.FRESH === 0;
}

// Why, when no side of the chain is away.
export function blindness() {
  if (!isBlind() || counts.STALE + counts.EXPIRED === 0) return '';
  return counts.failing === counts.total ? 'No value is fresh: every probe fails, and the notes say why.'
    : 'No value is fresh: the probes are late.';
}

export function sentence() {
  const told = KINDS.filter(kind => kind !== 'STALE' || counts.STALE > 0);
  return `${told.map(kind => `${number(counts[kind])} ${kind.toLowerCase()}`).join(', ')}.`;
}
