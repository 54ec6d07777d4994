// Keeps the page current. Without this script the page still reads well; it only stands still.

import * as clock from './clock.js';
import { dress } from './dress.js';
import { follow } from './filter.js';
import { Follower } from './follower.js';
import { isHeld } from './hold.js';
import * as notify from './notify.js';
import { fetchPage, showProblem, swap } from './page.js';
import * as rows from './rows.js';
import * as status from './status.js';
import { connect } from './stream.js';
import * as summary from './summary.js';
import * as wall from './wall.js';

const { dataset } = document.body;
const url = new URL(`${dataset.root}api/v1/events`, location.href).href;

function say({ provider, name }, level) {
  status.say(`${provider ?? ''} ${name} is ${level}`.trim(), summary.sentence);
}

// The page, for the follower.
const screen = {
  whole: document.body.classList.contains('profile'),  // shows more of its row than the stream has
  isHeld,
  levels: rows.levels,
  remove: rows.remove,
  polled: status.connection,
  tick,
  watch: () => stream.watch(),

  // Takes the page as it is now. Returns its version.
  adopt() {
    clock.observe(dataset.now);
    status.chain(JSON.parse(dataset.status));
    rows.index();
    summary.index();
    wall.show();
    return dataset.version;
  },

  showVersion(id) {
    document.getElementById('version').textContent = id;
  },

  // Returns false when the table has no place for it.
  apply(json) {
    const result = rows.apply(json);
    if (result && result.level !== result.before) say(json, result.level);
    return Boolean(result);
  },

  // Returns whether what is not in the stream changed: the counts of groups, or of a set the rows beyond those it has.
  count(counts) {
    const others = summary.differs(counts);
    summary.set(counts);
    return others && (document.querySelector('#rows .group') !== null || document.body.classList.contains('set'));
  },

  // The button that moves the rows at once is in the caption, where it moves nothing.
  offerToSort(waits) {
    const button = document.getElementById('reorder');
    if (!waits) return button?.remove();
    if (button) return;
    const made = Object.assign(document.createElement('button'), { id: 'reorder', type: 'button', textContent: 'Other rows now: sort again' });
    made.addEventListener('click', () => follower.ask());
    document.querySelector('#view caption')?.append(made);
  },

  async fetch() {
    const page = await fetchPage();
    showProblem('');
    return { version: page.body.dataset.version, swap: held => swap(page, held) };
  },

  failed({ message, signin, refused }) {
    console.warn('refetch:', message);
    if (signin) status.connection('login');
    if (refused) showProblem(refused);
  },

  // Announces the page to a reader who asked for it, and changed levels to others.
  tell(before, asked) {
    if (asked) status.announce(document.getElementById('problem')?.textContent || document.querySelector('#view :is(caption, h2)').textContent);
    else for (const row of rows.mark(before)) say(row, row.level);
  },
};

function tick() {
  const turned = rows.tick();
  if (turned.length) summary.aged(turned);
  status.tick(!follower.version || summary.isBlind(), summary.blindness());
  wall.tick();
  follower.tick(status.withoutStreamFor());
  notify.look(rows.states(), clock.now());
}

// Nobody sees the page, nor waits for its word.
const isAway = () => document.hidden && !notify.isWaiting();

let ticker;

function followVisibility() {
  clearInterval(ticker);
  if (isAway()) return;
  tick();
  ticker = setInterval(tick, 1_000);
}

function take({ event, id, data }) {
  const parsed = data ? JSON.parse(data) : {};
  if (parsed.now) clock.observe(parsed.now);
  if (event === 'heartbeat') return;
  if (event === 'status') return status.chain(parsed);
  if (event === 'change') return follower.change(id, parsed);
  follower.renew(id);
}

dress(document, dataset.root);
const follower = new Follower(screen, screen.adopt());
const stream = connect(() => ({ url, query: dataset.events }), () => follower.version, {
  state({ state, forMs }) {
    if (status.connection(state, forMs)) follower.wake();
  },
  refetch: ({ id }) => follower.renew(id),
  isAway,
  event(message) {
    take(message);
    if (document.hidden) tick();  // browsers slow the timers of hidden pages down
  },
});

follow(() => follower.ask());
document.addEventListener('visibilitychange', followVisibility);
tick();
followVisibility();
