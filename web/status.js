// What the reader is told about the connection and, for screen readers, about changes.

import { ago, now } from './clock.js';
import { clockTime, exact, setText } from './format.js';

const GRACE = 5_000;        // a redeploy reconnects sooner than this: no alarm
const SAY_EVERY = 10_000;
const NAMES = 3;

const live = document.getElementById('live');
const banner = document.getElementById('connection');
const said = document.getElementById('said');

let state = 'connecting';
let polls = false;  // no stream opens here, but the page is answered
let blind = false;  // no value is fresh: Vacancy itself sees nothing
let why = '';       // the probes' part in that
let outage = null;  // the side of the chain that is away: {message, since}
let wasOpen = false;
let since = performance.now();

// Returns whether it has come back.
export function connection(latest, forMs) {
  const opened = latest === 'open' && state !== 'open';
  state = latest;
  if (state === 'open') {
    wasOpen = true;
    polls = false;
  }
  since = performance.now() - forMs;
  tick();
  return opened;
}

// Since when there is no stream, in milliseconds; 0 while there is one.
export function withoutStreamFor() {
  return state === 'open' ? 0 : performance.now() - since;
}

// Of a page that asks by itself: 'answered', 'signin', or 'failed'.
export function polled(result) {
  polls = result === 'answered';
  if (state !== 'open' && result !== 'failed') state = result === 'signin' ? 'signin' : 'connecting';
  tick();
}

// What the server says of the sides beyond it.
export function chain({ outage: latest }) {
  outage = latest;
  tick();
}

// `age`, which ticks, is hidden from screen readers, else they would read the banner every second. A link may come last.
function showBanner(head, age, tail, link) {
  if (banner.dataset.head !== head) {
    const text = document.createElement('p');
    const ticking = document.createElement('span');
    ticking.ariaHidden = 'true';
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

function showOutage() {
  const message = outage.message[0].toUpperCase() + outage.message.slice(1);
  if (!outage.since) return showBanner(`${message}.`, '', '');
  showBanner(`${message} since ${clockTime(Date.parse(outage.since))}`, ` (${ago(now() - Date.parse(outage.since))})`,
    '. Until then these values only grow older.');
}

// The page itself leads through the login and back.
function showSignIn() {
  const link = document.createElement('a');
  link.href = location.href;
  link.textContent = 'Sign in again';
  showBanner('You are signed out, so these values only grow older. ', '', '', link);
}

function sentence() {
  if (state === 'signin') return 'Signed out';
  if (state !== 'open' && polls) return 'No live stream here: asking every 5 s';
  if (state !== 'open') return wasOpen ? 'Reconnecting…' : 'Connecting…';
  return blind ? 'Connected, no fresh values' : outage ? 'Connected, no news' : 'Live';
}

export function tick(isBlind = blind, whyBlind = why) {
  blind = isBlind;
  why = whyBlind;
  const lostFor = withoutStreamFor();
  const text = sentence();
  setText(live, text);
  live.classList.toggle('on', text === 'Live');
  live.classList.toggle('blind', text !== 'Live' && (state !== 'connecting' || polls));
  if (state === 'signin') showSignIn();
  else if (lostFor >= GRACE && !polls) showBanner('Connection lost ', ago(lostFor), ', reconnecting. Until then these values only grow older.');
  else if (outage) showOutage();
  else if (why) showBanner(why, '', '');
  else if (state === 'open' || polls) hideBanner();
}

addEventListener('beforeprint', () => {
  live.textContent = `As of ${exact(now())}`;
});

// What the reader asked for is said at once.
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
