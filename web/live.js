// Keeps the page current. Without this script the page still reads well; it only stands still.

import * as clock from './clock.js';
import { dress } from './dress.js';
import { follow } from './filter.js';
import { isHeld } from './hold.js';
import { poll, refetch, wake } from './page.js';
import * as rows from './rows.js';
import * as status from './status.js';
import { connect } from './stream.js';
import * as summary from './summary.js';
import { older } from './version.js';
import * as wall from './wall.js';

const { dataset } = document.body;
const WHOLE = document.body.classList.contains('profile');  // shows more of its row than the stream tells
const MOST_HELD = 256;
const NO_STREAM = 8_000;   // from then on the page asks by itself
const POLL = 5_000;
const GROUPS = 5_000;      // between fetches for the counts of groups

let stream;
let version;
let refetching = false;
let again = false;
let asked = false;   // the reader waits for another view
let waiting = false; // rows have other places, and stay where they are while somebody is at them
let wanted;     // the newest version that a fetched page must show
let held = [];  // changes that arrive while the page is being fetched
let ticker;
let polledAt = -Infinity;
let groupsAt = -Infinity;

const url = new URL(`${dataset.root}api/v1/events`, location.href).href;

function adopt() {
  version = dataset.version;
  clock.observe(dataset.now);
  status.chain(JSON.parse(dataset.status));
  rows.index();
  summary.index();
  wall.show();
  tick();
}

// What is too much to hold, the page that is being fetched must show.
function hold(id, data) {
  held.push([id, data]);
  if (held.length < MOST_HELD) return;
  held = [];
  want(id);
}

function want(id) {
  if (!older(id, wanted)) wanted = id;
}

function say({ provider, name }, level) {
  status.say(`${provider ?? ''} ${name} is ${level}`.trim(), summary.sentence);
}

function change(id, data) {
  if (refetching) return hold(id, data);
  if (older(id, version)) return;  // the page, from another replica, is ahead of the stream
  const { changed = [], removed = [], counts } = data;
  if (WHOLE && changed.length + removed.length) return renew(id);  // other rows change the counts only
  version = id;
  document.getElementById('version').textContent = id;
  for (const json of changed) {
    const result = rows.apply(json);
    if (!result) return renew(id);
    if (result.level !== result.before) say(json, result.level);
  }
  if (removed.length && isHeld()) setWaiting(true);
  for (const each of removed) rows.remove(each, waiting);
  if (!counts) return;
  const others = summary.differs(counts);
  summary.set(counts);
  if (others && document.querySelector('#rows .group') && performance.now() - groupsAt > GROUPS) {
    groupsAt = performance.now();
    renew(id);
  }
}

// The button that moves the rows at once stands in the caption, where it moves nothing.
function setWaiting(waits) {
  waiting = waits;
  const button = document.getElementById('reorder');
  if (!waits) return button?.remove();
  if (button) return;
  const made = Object.assign(document.createElement('button'), { id: 'reorder', type: 'button', textContent: 'Other rows now: sort again' });
  made.addEventListener('click', () => {
    asked = true;
    renew(version, 0);
  });
  document.querySelector('#view caption')?.append(made);
}

async function renew(id, jitter = 500) {
  want(id);
  if (refetching) return void (again = true);
  refetching = true;
  held = [];
  await new Promise(resolve => setTimeout(resolve, Math.random() * jitter));
  const before = rows.levels();
  document.getElementById('reorder')?.remove();
  const waits = await refetch(() => wanted, () => !asked && isHeld(), failed);
  refetching = false;
  adopt();
  setWaiting(Boolean(waits));
  if (asked && !again) {
    asked = false;
    status.announce(document.getElementById('problem')?.textContent || document.querySelector('#view :is(caption, h2)').textContent);
  } else {
    for (const row of rows.mark(before)) say(row, row.level);
  }
  stream.watch();
  for (const [id, data] of held) change(id, data);
  if (again) {
    again = false;
    renew(wanted);
  }
}

function failed(error) {
  console.warn('refetch:', error.message);
  if (error.signin) status.polled('signin');
}

// Where no stream reaches, as behind a proxy that holds answers back.
async function pollNow() {
  polledAt = performance.now();
  if (refetching) return;
  const before = rows.levels();
  try {
    const waits = await poll(() => isHeld());
    if (refetching) return;
    adopt();
    setWaiting(waits);
    for (const row of rows.mark(before)) say(row, row.level);
    status.polled('answered');
  } catch (error) {
    status.polled(error.signin ? 'signin' : 'failed');
  }
}

function tick() {
  const turned = rows.tick();
  if (turned.length) summary.aged(turned);
  status.tick(!version || summary.isBlind(), summary.blindness());
  wall.tick();
  if (status.withoutStreamFor() > NO_STREAM && performance.now() - polledAt > POLL) pollNow();
  if (waiting && !refetching && !isHeld()) renew(version, 0);
}

function followVisibility() {
  clearInterval(ticker);
  if (document.hidden) return;
  tick();
  ticker = setInterval(tick, 1_000);
}

dress(document, dataset.root);
adopt();
stream = connect(() => ({ url, query: dataset.events }), () => version, {
  state({ state, forMs }) {
    if (status.connection(state, forMs)) wake();
  },
  refetch: ({ id }) => renew(id),
  event({ event, id, data }) {
    const parsed = data ? JSON.parse(data) : {};
    if (parsed.now) clock.observe(parsed.now);
    if (event === 'heartbeat') return;
    if (event === 'status') return status.chain(parsed);
    if (event === 'change') return change(id, parsed);
    renew(id);
  },
});

follow(() => {
  asked = true;
  renew(version, 0);
  wake();
});
document.addEventListener('visibilitychange', followVisibility);
followVisibility();
