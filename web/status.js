// What the reader is told about the connection and, for screen readers, about changes.

import { ago, now } from './clock.js';

const GRACE = 5_000;        // a redeploy reconnects sooner than this: no alarm
const SAY_EVERY = 10_000;
const NAMES = 3;

const live = document.getElementById('live');
const banner = document.getElementById('connection');
const said = document.getElementById('said');

let open = false;
let blind = false;  // no value is fresh: Vacancy itself sees nothing
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

// The ticking age is hidden from screen readers, else they would read the banner every second.
function showBanner(lostFor) {
  if (!banner.firstChild) {
    const text = document.createElement('p');
    const age = document.createElement('span');
    age.ariaHidden = 'true';
    text.append('Connection lost ', age, ', reconnecting. Until then these values only grow older.');
    banner.append(text);
  }
  banner.querySelector('span').textContent = ago(lostFor);
}

export function tick(isBlind = blind) {
  blind = isBlind;
  const lostFor = performance.now() - since;
  const text = open ? (blind ? 'Connected, no fresh values' : 'Live') : wasOpen ? 'Reconnecting…' : 'Connecting…';
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle('on', open && !blind);
  live.classList.toggle('blind', open && blind);
  if (open) banner.replaceChildren();
  else if (lostFor >= GRACE) showBanner(lostFor);
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
