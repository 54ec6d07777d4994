// When a reader is told: by tables of what the rows say, minute by minute.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Wish } from '../../web/wish.js';

const MINUTE = 60_000;
const LEVELS = { H: 'HIGH', M: 'MEDIUM', L: 'LOW', U: 'UNKNOWN' };

/** A row of a letter: small when it is stale, '?' when it has expired. */
function row(letter) {
  if (letter === '?') return { level: 'UNKNOWN', freshness: 'EXPIRED' };
  return { level: LEVELS[letter.toUpperCase()], freshness: letter === letter.toUpperCase() ? 'FRESH' : 'STALE' };
}

/** Which of the looks told, '!', when there is one each `step`. A look's rows are a word of letters. */
function told(wish, looks, step = MINUTE) {
  return looks.map((rows, at) => (wish.look([...rows].map(row), at * step) ? '!' : '.')).join('');
}

for (const [event, minutes, looks, wanted, why] of [
  ['HIGH', 0, 'LMHHH', '..!..', 'once, when it is reached'],
  ['MEDIUM', 0, 'LMHML', '.!...', 'a better level is no other event'],
  ['MEDIUM', 0, 'LMLHL', '.!.!.', 'again when it was over'],
  ['HIGH', 0, 'HH', '!.', 'at once when it is so already'],
  ['HIGH', 5, 'LHHHHHH', '......!', 'after five minutes'],
  ['HIGH', 5, 'LHLHLHLHLHLHLHL', '...............', 'flapping is not told'],
  ['HIGH', 1, 'HHLHHLLHH', '.!......!', 'its end must last, too'],
  ['HIGH', 0, 'hhH', '..!', 'a stale level is not told'],
  ['HIGH', 0, 'H??H', '!...', 'nor is a time without news an end'],
  ['HIGH', 2, 'HHhHHH', '.....!', 'nor does it count'],
  ['HIGH', 2, 'HUHHH', '....!', 'UNKNOWN is no news either'],
  ['-HIGH', 0, 'HMLHL', '.!..!', 'left'],
  ['-MEDIUM', 0, 'HML?ML', '..!..!', 'left, and left again'],
  ['-MEDIUM', 0, 'H?h?L', '....!', 'growing old is not leaving'],
]) {
  test(`${event} for ${minutes} min: ${why}`, () => {
    assert.equal(told(new Wish(event, minutes), [...looks]), wanted);
  });
}

for (const [event, looks, wanted, why] of [
  ['HIGH', ['LL', 'LH', 'HL'], '.!.', 'any of them'],
  ['HIGH', ['L?', 'H?'], '.!', 'whatever the others are'],
  ['HIGH', ['HL', 'hL', 'HL'], '!..', 'perhaps it was not over'],
  ['HIGH', ['HL', '?L', 'HL'], '!.!', 'one of which nobody knows any more cannot be had'],
  ['-HIGH', ['HL', 'LL'], '.!', 'none is left'],
  ['-HIGH', ['HL', 'hL'], '..', 'perhaps one is left'],
  ['-HIGH', ['HL', '??'], '..', 'nobody knows'],
]) {
  test(`of several profiles, ${event}: ${why}`, () => assert.equal(told(new Wish(event, 0), looks), wanted));
}

test('of a set, the one to take counts, whatever its level', () => {
  const wish = new Wish('taken', 0);
  const rows = [...'LH'].map(row);
  assert.equal(wish.look(rows, 0), false);
  rows[0].taken = true;
  assert.equal(wish.look(rows, 1), true);
  assert.deepEqual(wish.of(rows), [rows[0]]);
});

test('a tab that did not look does not know how it was meanwhile', () => {
  const wish = new Wish('HIGH', 5);
  assert.equal(told(wish, [...'HHHHHH'], 91_000), '......');
  assert.equal(told(wish, [...'HHHHHH'], 90_000), '....!.', 'six minutes from the first look');
});

test('a clock that is set back begins anew', () => {
  const wish = new Wish('HIGH', 1);
  wish.look([row('H')], 10 * MINUTE);
  assert.equal(wish.look([row('H')], 0), false);
  assert.equal(wish.look([row('H')], MINUTE), true);
});

test('it goes on after it was kept', () => {
  const wish = new Wish('HIGH', 2);
  wish.look([row('H')], 0);
  wish.look([row('H')], MINUTE);
  const kept = Wish.from(JSON.parse(JSON.stringify(wish)));
  assert.equal(kept.due, 2 * MINUTE);
  assert.equal(kept.look([row('H')], 2 * MINUTE), true);
  assert.equal(kept.due, undefined);
  assert.equal(Wish.from(JSON.parse(JSON.stringify(kept))).look([row('H')], 2 * MINUTE + 1), false, 'it was told');
});

test('what it is told of', () => {
  const rows = [...'LHM'].map(row);
  assert.deepEqual(new Wish('MEDIUM', 0).of(rows), [rows[1], rows[2]]);
  assert.deepEqual(new Wish('-MEDIUM', 0).of(rows), rows);
});
