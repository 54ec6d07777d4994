// The levels of the last 24 hours, as portal/strip.cpp draws them. No document, no clock.

const HALF_HOUR = 1_800_000;
const LENGTH = 48;
const KINDS = [['H', 'high', 6], ['M', 'medium', 8], ['L', 'low', 10]];

export const halfHour = time => Math.floor(time / HALF_HOUR);

// A letter for each half hour up to `now`. `recent` has those up to the reading; from then on it holds until it is stale.
export function lettersAt(recent, { measuredLevel, measuredAt, staleAt }, now) {
  const measured = halfHour(measuredAt);
  const passed = Math.max(halfHour(now) - measured, 0);
  const held = Math.min(Math.max(halfHour(staleAt - 1) - measured, 0), passed);
  const repeated = (letter, count) => letter.repeat(Math.min(count, LENGTH));
  const letter = measuredLevel === 'UNKNOWN' ? '-' : measuredLevel[0];
  return (repeated('-', LENGTH) + recent + repeated(letter, held) + repeated('-', passed - held)).slice(-LENGTH);
}

function path(letters, letter, name, middle) {
  let drawn = 0;
  let lines = '';
  for (const { index, 0: { length } } of letters.matchAll(new RegExp(`${letter}+`, 'g'))) {
    lines += lines ? `m${index - drawn} 0h${length}` : `M${index} ${middle}h${length}`;
    drawn = index + length;
  }
  return lines && `<path class="${name}" d="${lines}"/>`;
}

// The picture's HTML.
export function strip(letters) {
  if (!/[HML]/.test(letters)) return '';
  const words = [...KINDS, ['-', 'not observed']].map(([letter, name]) => {
    const count = letters.split(letter).length - 1;
    return count && `${name} ${count / 2} h`;
  }).filter(Boolean).join(', ');
  const paths = KINDS.map(kind => path(letters, ...kind)).join('');
  return `<svg class="strip" viewBox="0 0 48 12" preserveAspectRatio="none" role="img"><title>24 h: ${words}</title>${paths}</svg>`;
}
