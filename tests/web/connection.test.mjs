// The states of the connection that a reader is told of: every step of the table, the words and the banner.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection, STEPS } from '../../web/connection.js';

/** The states after each input, from the beginning on. */
function states(...inputs) {
  const connection = new Connection(0);
  return inputs.map(input => {
    connection.step(input);
    return connection.state;
  });
}

test('every state is reached, and each step leads to a state', () => {
  const reached = new Set(['connecting']);
  for (const state of reached) Object.values(STEPS[state]).forEach(next => reached.add(next));
  assert.deepEqual([...reached].sort(), Object.keys(STEPS).sort());
});

test('connected, lost, reconnecting, connected', () => {
  assert.deepEqual(states('connecting', 'open', 'connecting', 'connecting', 'open'), ['connecting', 'live', 'reconnecting', 'reconnecting', 'live']);
});

test('a login page in place of the stream, and in place of the page', () => {
  assert.deepEqual(states('open', 'signin', 'open'), ['live', 'signedOut', 'live']);
  assert.deepEqual(states('open', 'signin', 'connecting', 'login', 'answered'), ['live', 'signedOut', 'reconnecting', 'signedOut', 'polling']);
  assert.deepEqual(states('open', 'login'), ['live', 'live'], 'a stream that is open knows better');
});

test('where no stream opens, the page asks', () => {
  assert.deepEqual(states('connecting', 'failed', 'answered', 'connecting', 'failed', 'answered', 'open', 'failed', 'answered'),
    ['connecting', 'connecting', 'polling', 'polling', 'reconnecting', 'polling', 'live', 'live', 'live']);
});

test('step() says when it has come back', () => {
  const connection = new Connection(0);
  assert.deepEqual(['connecting', 'open', 'open', 'connecting', 'open'].map(input => connection.step(input)), [false, true, false, false, true]);
});

test('words and banners', () => {
  const told = (inputs, now, facts = {}) => {
    const connection = Object.assign(new Connection(0), facts);
    for (const input of inputs) connection.step(input);
    return [connection.word, connection.banner(now)];
  };
  const outage = { message: 'the database is away' };
  assert.deepEqual(told([], 4_999), ['Connecting…', undefined]);
  assert.deepEqual(told([], 5_000), ['Connecting…', 'lost']);
  assert.deepEqual(told([], 4_999, { outage }), ['Connecting…', 'outage']);
  assert.deepEqual(told(['open'], 9_000), ['Live', 'none']);
  assert.deepEqual(told(['open'], 9_000, { blind: true }), ['Connected, no fresh values', 'none']);
  assert.deepEqual(told(['open'], 9_000, { blind: true, why: 'the probes are late' }), ['Connected, no fresh values', 'blind']);
  assert.deepEqual(told(['open'], 9_000, { outage }), ['Connected, no news', 'outage']);
  assert.deepEqual(told(['open'], 9_000, { blind: true, why: 'late', outage }), ['Connected, no fresh values', 'outage']);
  assert.deepEqual(told(['open', 'connecting'], 4_999), ['Reconnecting…', undefined]);
  assert.deepEqual(told(['open', 'connecting'], 5_000, { blind: true, outage }), ['Reconnecting…', 'lost']);
  assert.deepEqual(told(['answered'], 9_000), ['No live stream here: asking every 5 s', 'none']);
  assert.deepEqual(told(['open', 'signin'], 0, { outage }), ['Signed out', 'signin']);
});

test('it is connecting while it says so', () => {
  const among = Object.keys(STEPS).filter(state => Object.assign(new Connection(0), { state }).isConnecting);
  assert.deepEqual(among, ['connecting', 'reconnecting']);
});

test('how long it is lost', () => {
  const connection = new Connection(1_000);
  assert.equal(connection.lostFor(4_000), 3_000);
  connection.step('open');
  assert.equal(connection.lostFor(4_000), 0);
  connection.step('connecting', 3_500);
  assert.equal(connection.lostFor(4_000), 500);
});
