// The rows of the table: fills them from JSON, lets them grow old, keeps their ages current.

import * as clock from './clock.js';
import { clockTime, exact, number, setText } from './format.js';
import { halfHour, lettersAt, strip } from './strip.js';

const HOUR = 3_600_000;
const SHARE = '<svg class="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><path/></svg>';
const FAILURE = '<details><summary>last attempt failed</summary><p></p></details>';
const PARTS = ['was', 'capacity', 'recent', 'flag', 'note', 'reason'];
const rows = new Map();

export function index() {
  rows.clear();
  for (const tr of document.querySelectorAll('#rows tr[data-id]')) rows.set(Number(tr.dataset.id), read(tr));
}

// The level of each row that is shown, by id.
export function levels() {
  return new Map([...rows].map(([id, { level }]) => [id, level]));
}

// What is known of each row that is shown, in their order.
export const states = () => [...rows.values()];

// Marks the rows whose level is not the one `before`, and returns them.
export function mark(before) {
  const changed = [...rows].filter(([id, { level }]) => (before.get(id) ?? level) !== level).map(([, row]) => row);
  for (const { tr } of changed) tr.classList.add('changed');
  return changed;
}

// A column that the reader left out has no cells.
function read(tr) {
  const part = selector => tr.querySelector(selector);
  const time = part('.measured time');
  const link = part('.name a');
  const level = part('.level b').textContent;
  const freshness = ['fresh', 'stale', 'expired', 'pending'].find(name => tr.classList.contains(name)).toUpperCase();
  const was = part('.was').textContent.replace('was ', '');
  return {
    tr,
    provider: part('.provider')?.textContent,
    name: link.textContent,
    use: part('.level use'),
    word: part('.level b'),
    numbers: tr.querySelectorAll('[data-number]'),
    time,
    labels: tr.querySelectorAll('[data-label]'),
    ...Object.fromEntries(PARTS.map(name => [name, part(`.${name}`)])),
    level,
    freshness,
    measuredLevel: freshness === 'EXPIRED' ? was : level,
    measuredAt: Date.parse(tr.dataset.measured),
    staleAt: Date.parse(tr.dataset.stale),
    expiresAt: Date.parse(tr.dataset.expires),
    letters: part('.recent')?.dataset.recent ?? '',
    changedAt: tr.dataset.changed,
    taken: tr.classList.contains('taken'),
  };
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

// The note beside the level: it changed in the last hour, or has expired.
function showBefore(row, { was, changed_from, changed_at }) {
  const level = was ?? (clock.isRecent(Date.parse(changed_at), HOUR) ? changed_from : '');
  setText(row.was, level ? `was ${level}` : '');
}

function showCapacity(cell, { free, total, unit }) {
  if (!cell) return;
  const units = unit ? ` ${unit}` : '';
  const text = free == null ? '' : total == null ? `${number(free)}${units} free` : `${number(free)} of ${number(total)}${units}`;
  setText(cell.querySelector('span'), text);
  let share = cell.querySelector('.share');
  if (free == null || !(total > 0)) return share?.remove();
  if (!share) {
    cell.insertAdjacentHTML('afterbegin', SHARE);
    share = cell.firstElementChild;
  }
  share.firstElementChild.setAttribute('d', `M0 0h${Math.round(100 * Math.min(1, Math.max(0, free / total)))}v1H0z`);
}

// The value in the number's own column. The largest request is shown only if it differs from the free units.
const columnValue = (json, name) => name === 'largest' && json.largest === json.free ? null : json[name];

function showNumbers(row, json) {
  showCapacity(row.capacity, json);
  for (const cell of row.numbers) {
    const value = columnValue(json, cell.dataset.number);
    setText(cell, value == null ? '' : number(value));
  }
}

// The rule that made it a level is on the profile's own page.
const withoutRule = reason => reason.replace(/^(HIGH|MEDIUM|LOW): .*$| \((HIGH|MEDIUM|LOW): [^()]*\)$/s, '');

// Texts that may be cut off.
function setTitled(cell, text) {
  setText(cell, text);
  if (cell && cell.title !== text) cell.title = text;
}

function showError(row, { error, failed_at }) {
  if (!row.note) return;
  let details = row.note.querySelector('details');
  if (!error) return details?.remove();
  if (!details) {
    row.note.insertAdjacentHTML('afterbegin', FAILURE);
    details = row.note.firstElementChild;
  }
  const text = failed_at ? `${clockTime(Date.parse(failed_at))}: ${error}` : error;
  details.firstChild.title = text;
  setText(details.lastChild, text);
}

// The stylesheet's animations are named after the classes that start them.
document.addEventListener('animationend', ({ target, animationName }) => {
  target.closest('tr')?.classList.remove(animationName);
});

// Is there a value for which the table has no column yet?
function lacksColumn({ tr }, json) {
  const names = tr.parentNode?.dataset.later?.split(' ') ?? [];
  return names.some(name => columnValue(json, name) != null && !tr.querySelector(`.${name}`)
    && !document.querySelector(`#filter [name="columns"][value="${name}"]`));
}

// Returns false when the table has no place for it: no row of that name, which belongs elsewhere then, or no column for one
// of its values. Else what is worth telling: {level, before}.
export function apply(json) {
  const row = rows.get(json.id);
  if (!row || (row.provider ?? json.provider) !== json.provider || row.name !== json.name || lacksColumn(row, json)) return false;
  const before = row.level;
  const measuredAt = Date.parse(json.measured_at);
  const measured = measuredAt > row.measuredAt || (Number.isNaN(row.measuredAt) && !Number.isNaN(measuredAt));

  row.measuredAt = measuredAt;
  row.staleAt = Date.parse(json.stale_at);
  row.expiresAt = Date.parse(json.expires_at);
  row.changedAt = json.changed_at;
  show(row, json.availability, json.freshness);
  showBefore(row, json);
  showNumbers(row, json);
  row.measuredLevel = json.was ?? json.availability;
  row.letters = json.recent ?? '';
  row.drawnAt = undefined;
  for (const cell of row.labels) setTitled(cell, json.labels?.[cell.dataset.label] ?? '');
  setTitled(row.reason, withoutRule(json.reason ?? ''));
  if (row.time && !json.measured_at) {
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

// While somebody is at the rows it stays as a shadow. Who is in it with the keyboard goes on in the next one.
export function remove(id, held) {
  const tr = rows.get(id)?.tr;
  rows.delete(id);
  if (held) return tr?.classList.add('gone');
  if (tr?.contains(document.activeElement)) {
    (tr.nextElementSibling ?? tr.previousElementSibling)?.querySelector('a')?.focus({ preventScroll: true });
  }
  tr?.remove();
}

function drawStrip(row, now) {
  if (!row.recent || row.drawnAt === halfHour(now)) return;
  row.drawnAt = halfHour(now);
  row.recent.innerHTML = row.letters && strip(lettersAt(row.letters, row, now));
}

function age(row, now) {
  drawStrip(row, now);
  if (!row.time || Number.isNaN(row.measuredAt)) return;  // it says so already
  setText(row.time, clock.ago(now - row.measuredAt));
  const at = new Date(row.measuredAt).toISOString();
  if (row.time.dateTime !== at || !row.time.title) {
    row.time.title = exact(row.measuredAt);
    row.time.dateTime = at;
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
