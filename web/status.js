// What the reader is told about the connection and, for screen readers, about changes.

import { ago, now, utc } from './clock.js';

const GRACE = 5_000;        // a redeploy reconnects sooner than this: no alarm
const SAY_EVERY = 10_000;
const NAMES = 3;

const live = document.getElementById('live');
const banner = document.getElementById('connection');
const said = document.getElementById('said');

let open = false;
let blind = false;  // no value is fresh: Vacancy itself sees nothing
let why = '';       // the probes' part in that
let outage = null;  // the side of the chain that is away: {message, since}
let wasOpen = false;
let since = performance.now();

// Returns whether it has come back.
export function connection(isOpen, forMs) {
  const opened = isOpen && !open;
  open = isOpen;
  wasOpen ||= open;
  since = performance.now() - forMs;
  tick();
  return opened;
}

// What the server says of the sides beyond it.
export function chain({ outage: latest }) {
  outage = latest;
  tick();
}

// `age`, which ticks, is hidden from screen readers, else they would read the banner every second.
function showBanner(head, age, tail) {
  if (banner.dataset.head !== head) {
    const text = document.createElement('p');
    const ticking = document.createElement('span');
    ticking.ariaHidden = 'true';
    text.append(head, ticking, tail);
    banner.replaceChildren(text);
    banner.dataset.head = head;
  }
  const ticking = banner.querySelector('span');
  if (ticking.textContent !== age) ticking.textContent = age;
}

function hideBanner() {
  banner.replaceChildren();
  delete banner.dataset.head;
}

function showOutage() {
  const message = outage.message[0].toUpperCase() + outage.message.slice(1);
  if (!outage.since) return showBanner(`${message}.`, '', '');
  showBanner(`${message} since ${utc(Date.parse(outage.since))}`, ` (${ago(now() - Date.parse(outage.since))})`,
    '. Until then these values only grow older.');
}

export function tick(isBlind = blind, whyBlind = why) {
  blind = isBlind;
  why = whyBlind;
  const lostFor = performance.now() - since;
  const connected = blind ? 'Connected, no fresh values' : outage ? 'Connected, no news' : 'Live';
  const text = open ? connected : wasOpen ? 'Reconnecting…' : 'Connecting…';
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle('on', connected === 'Live' && open);
  live.classList.toggle('blind', connected !== 'Live' && open);
  if (!open && lostFor >= GRACE) showBanner('Connection lost ', ago(lostFor), ', reconnecting. Until then these values only grow older.');
  else if (outage) showOutage();
  else if (why) showBanner(why, '', '');
  else if (open) hideBanner();
}

addEventListener('beforeprint', () => {
  live.textContent = `As of ${new Date(now()).toISOString()}`;
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
