// The server's time, carried by the browser's steady clock: the wall clock of a visitor's machine may be wrong.

const WINDOW = 5 * 60_000;
const STEP = 60_000;  // no sample is as late as that: the server's clock was set back

let windowStart = -Infinity;
let current = -Infinity;
let previous = -Infinity;

// A sample can arrive late but never early, so the largest offset is the best one. Only the last two windows count,
// because the two clocks drift apart on a page that stays open for weeks.
export function observe(serverNow) {
  const offset = Date.parse(serverNow) - performance.now();
  if (Number.isNaN(offset)) return;
  if (offset < Math.max(current, previous) - STEP) current = previous = -Infinity;
  if (performance.now() - windowStart > WINDOW) {
    windowStart = performance.now();
    previous = current;
    current = offset;
  }
  current = Math.max(current, offset);
}

export function now() {
  return performance.now() + Math.max(current, previous);
}

// As the server has it (core/freshness.hpp): what is further ahead is from before a step back of the clock.
const TOLERANCE = 5_000;

export function isFuture(time) {
  return time - TOLERANCE > now();
}

export function isRecent(time, within) {
  return !isFuture(time) && now() - time < within;
}

export function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (!(seconds >= 1)) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}
