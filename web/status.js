// Messages about the connection and, for screen readers, about changes.

import { ago, now } from './clock.js';
import { Connection } from './connection.js';
import { clockTime, exact, setText } from './format.js';

const SAY_EVERY = 10_000;
const NAMES = 3;

const live = document.getElementById('live');
const banner = document.getElementById('connection');
const said = document.getElementById('said');

const line = new Connection(performance.now());

// Takes an input of connection.js; for the stream, how long it has been so. Returns whether the connection has
// come back.
export function connection(input, forMs) {
  const back = line.step(input, forMs == null ? line.since : performance.now() - forMs);
  tick();
  return back;
}

// Since when there is no stream, in milliseconds; 0 while there is one.
export function withoutStreamFor() {
  return line.lostFor(performance.now());
}

// The server's report about the sides beyond it.
export function chain({ outage }) {
  line.outage = outage;
  tick();
}

// `age`, which ticks, is hidden from screen readers, else they would read the banner every second. A link may come last.
function showBanner(head, age, tail, link) {
  if (banner.dataset.head !== head) {
    const text = document.createElement('p');
    const ticking = Object.assign(document.createElement('span'), { ariaHidden: 'true' });
    text.append(head, ticking, tail);
    if (link) text.append(link);
    banner.replaceChildren(text);
    banner.dataset.head = head;
  }
  setText(banner.querySelector('span'), age);
}

function hideBanner() {
  banner.replaceChildren();
  delete banner.dataset.head;
}

function showOutage({ message, since }) {
  const sentence = message[0].toUpperCase() + message.slice(1);
  if (!since) return showBanner(`${sentence}.`, '', '');
  const at = Date.parse(since);
  showBanner(`${sentence} since ${clockTime(at)}`, ` (${ago(now() - at)})`, '. Until then these values only grow older.');
}

// The page itself leads through the login and back.
function showSignIn() {
  const link = Object.assign(document.createElement('a'), { href: location.href, textContent: 'Sign in again' });
  showBanner('You are signed out, so these values only grow older. ', '', '', link);
}

const BANNERS = {
  signin: showSignIn,
  lost: () => showBanner('Connection lost ', ago(withoutStreamFor()), ', reconnecting. Until then these values only grow older.'),
  outage: () => showOutage(line.outage),
  blind: () => showBanner(line.why, '', ''),
  none: hideBanner,
};

export function tick(blind = line.blind, why = line.why) {
  Object.assign(line, { blind, why });
  setText(live, line.word);
  const isLive = line.word === 'Live';
  live.classList.toggle('on', isLive);
  live.classList.toggle('blind', !isLive && !line.isConnecting);
  BANNERS[line.banner(performance.now())]?.();
}

addEventListener('beforeprint', () => {
  live.textContent = `As of ${exact(now())}`;
});

// Answers to the reader's own requests are announced at once.
export function announce(text) {
  said.textContent = text;
}

let names = [];
let sayTimer;
let lastSaid = -Infinity;

// Collects changes of level and says them together, at most every ten seconds.
export function say(change, summary) {
  names.push(change);
  sayTimer ??= setTimeout(() => {
    const more = names.length > NAMES ? `, and ${names.length - NAMES} more` : '';
    said.textContent = `${names.slice(0, NAMES).join(', ')}${more}. ${summary()}`;
    names = [];
    sayTimer = undefined;
    lastSaid = performance.now();
  }, Math.max(1_000, lastSaid + SAY_EVERY - performance.now()));
}
