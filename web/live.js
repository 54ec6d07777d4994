// Keeps the page current. Without this script the page still reads well; it only stands still.

import * as clock from './clock.js';
import { follow } from './filter.js';
import { refetch, wake } from './page.js';
import * as rows from './rows.js';
import * as status from './status.js';
import { connect } from './stream.js';
import * as summary from './summary.js';
import { older } from './version.js';

const { dataset } = document.body;
const WHOLE = document.body.classList.contains('profile');  // shows more of its row than the stream tells
const MOST_HELD = 256;
const DOUBT = 15_000;  // the server tells of rows that grow old; if it does not, the stream may be dead

let stream;
let version;
let refetching = false;
let again = false;
let asked = false;  // the reader waits for another view
let wanted;     // the newest version that a fetched page must show
let held = [];  // changes that arrive while the page is being fetched
let ticker;

function adopt() {
  version = dataset.version;
  clock.observe(dataset.now);
  status.chain(JSON.parse(dataset.status));
  rows.index();
  summary.index();
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
  status.say(`${provider} ${name} is ${level}`, summary.sentence);
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
  removed.forEach(rows.remove);
  if (counts) summary.set(counts);
}

async function renew(id, jitter = 500) {
  want(id);
  if (refetching) return void (again = true);
  refetching = true;
  held = [];
  await new Promise(resolve => setTimeout(resolve, Math.random() * jitter));
  const before = rows.levels();
  await refetch(() => wanted, error => console.warn('refetch:', error.message));
  refetching = false;
  adopt();
  if (asked && !again) {
    asked = false;
    status.announce(document.querySelector('#view :is(caption, h2)').textContent);
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

function tick() {
  const turned = rows.tick();
  if (turned.length) {
    summary.aged(turned);
    setTimeout(() => stream.check(), DOUBT);
  }
  status.tick(!version || summary.isBlind(), summary.blindness());
}

function followVisibility() {
  clearInterval(ticker);
  if (document.hidden) return;
  tick();
  ticker = setInterval(tick, 1_000);
}

adopt();
stream = connect(() => dataset.events, () => version, {
  state({ open, forMs }) {
    if (status.connection(open, forMs)) wake();
  },
  refetch: ({ id }) => renew(id),
  event({ event, id, data }) {
    const parsed = JSON.parse(data);
    if (parsed.now) clock.observe(parsed.now);
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
document.getElementById('curl').textContent = `curl ${location.origin}/`;
document.addEventListener('visibilitychange', followVisibility);
followVisibility();
