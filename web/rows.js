// The rows of the table: fills them from JSON, lets them grow old, keeps their ages current.

import * as clock from './clock.js';

const HOUR = 3_600_000;
const rows = new Map();

export function index() {
  rows.clear();
  for (const tr of document.querySelectorAll('#rows tr[data-id]')) rows.set(Number(tr.dataset.id), read(tr));
}

// The level of each row that is shown, by id.
export function levels() {
  return new Map([...rows].map(([id, { level }]) => [id, level]));
}

// Marks the rows whose level is not the one `before`, and returns them.
export function mark(before) {
  const changed = [...rows].filter(([id, { level }]) => (before.get(id) ?? level) !== level).map(([, row]) => row);
  for (const { tr } of changed) tr.classList.add('changed');
  return changed;
}

function read(tr) {
  const part = selector => tr.querySelector(selector);
  return {
    tr,
    provider: part('.provider').textContent,
    name: part('.name a').textContent,
    use: part('.level use'),
    word: part('.level b'),
    was: part('.was'),
    numbers: part('.numbers'),
    time: part('.age time'),
    flag: part('.flag'),
    note: part('.note'),
    reason: part('.reason'),
    level: part('.level b').textContent,
    freshness: part('.flag').textContent.toUpperCase(),
    measuredAt: Date.parse(part('.age time').dateTime),
    staleAt: Date.parse(tr.dataset.stale),
    expiresAt: Date.parse(tr.dataset.expires),
  };
}

// Only differences are written, so that an unchanged cell costs neither layout nor a selection.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show(row, level, freshness) {
  row.level = level;
  row.freshness = freshness;
  row.tr.classList.remove('high', 'medium', 'low', 'unknown', 'pending', 'fresh', 'stale', 'expired');
  row.tr.classList.add(level.toLowerCase(), freshness.toLowerCase());
  row.use.setAttribute('href', `#${level.toLowerCase()}`);
  setText(row.word, level);
  setText(row.flag, freshness.toLowerCase());
}

// What stands beside the level: it changed in the last hour, or has expired.
function showBefore(row, { was, changed_from, changed_at }) {
  const level = was ?? (clock.isRecent(Date.parse(changed_at), HOUR) ? changed_from : '');
  setText(row.was, level ? `was ${level}` : '');
}

function capacity({ free, total, largest }) {
  const parts = [];
  if (free != null) parts.push(total == null ? `${free} free` : `${free} of ${total} free`);
  if (largest != null && largest !== free) parts.push(`${largest} in one piece`);
  return parts.join(', ');
}

function showError(row, { error, failed_at }) {
  let details = row.note.querySelector('details');
  if (!error) return details?.remove();
  if (!details) {
    details = document.createElement('details');
    details.append(document.createElement('summary'), document.createElement('p'));
    details.firstChild.textContent = 'last attempt failed';
    row.note.append(details);
  }
  const text = failed_at ? `${clock.utc(Date.parse(failed_at))}: ${error}` : error;
  details.firstChild.title = text;
  setText(details.lastChild, text);
}

// The stylesheet's animations are named after the classes that start them.
document.addEventListener('animationend', ({ target, animationName }) => {
  target.closest('tr')?.classList.remove(animationName);
});

// Returns false when the table has no row of that name, which belongs elsewhere then, else what is worth telling: {level, before}.
export function apply(json) {
  const row = rows.get(json.id);
  if (!row || row.provider !== json.provider || row.name !== json.name) return false;
  const before = row.level;
  const measuredAt = Date.parse(json.measured_at);
  const measured = measuredAt > row.measuredAt || (Number.isNaN(row.measuredAt) && !Number.isNaN(measuredAt));

  row.measuredAt = measuredAt;
  row.staleAt = Date.parse(json.stale_at);
  row.expiresAt = Date.parse(json.expires_at);
  show(row, json.availability, json.freshness);
  showBefore(row, json);
  setText(row.numbers, capacity(json));
  setText(row.reason, json.reason ?? '');
  if (!json.measured_at) {
    row.time.removeAttribute('datetime');
    row.time.removeAttribute('title');
    setText(row.time, json.probe === '(none)' || json.error ? 'never' : 'measuring…');
  }
  showError(row, json);
  age(row, clock.now());
  if (before !== row.level) row.tr.classList.add('changed');
  else if (measured) row.tr.classList.add('measured');
  return { level: row.level, before };
}

// Who is in the row with the keyboard goes on in the next one.
export function remove(id) {
  const tr = rows.get(id)?.tr;
  if (tr?.contains(document.activeElement)) {
    (tr.nextElementSibling ?? tr.previousElementSibling)?.querySelector('a')?.focus({ preventScroll: true });
  }
  tr?.remove();
  rows.delete(id);
}

function age(row, now) {
  if (Number.isNaN(row.measuredAt)) return;  // it says so already
  setText(row.time, clock.ago(now - row.measuredAt));
  const exact = new Date(row.measuredAt).toISOString();
  if (row.time.title !== exact) {
    row.time.title = exact;
    row.time.dateTime = exact;
  }
}

// Moves every row to this moment. Returns those that turned stale or expired, as {before, freshness}.
export function tick() {
  const now = clock.now();
  const turned = [];
  for (const row of rows.values()) {
    age(row, now);
    const before = { level: row.level, freshness: row.freshness };
    if (row.freshness !== 'EXPIRED' && now >= row.expiresAt) {
      showBefore(row, { was: row.level === 'UNKNOWN' ? '' : row.level });
      show(row, 'UNKNOWN', 'EXPIRED');
    } else if (row.freshness === 'FRESH' && (now >= row.staleAt || clock.isFuture(row.measuredAt))) {
      show(row, row.level, 'STALE');
    } else {
      continue;
    }
    turned.push({ before, level: row.level, freshness: row.freshness });
  }
  return turned;
}
