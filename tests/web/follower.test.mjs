// The states of a page that follows its stream, with a screen, a server and a clock of the test.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Follower, STEPS } from '../../web/follower.js';
import { settled, World } from './world.mjs';

mock.method(Math, 'random', () => 0.5);  // half of the jitter

/** A follower at e-1, and what it did. `answers` are the pages that the server gives, each a version or an error; then none comes. */
function following({ isHeld = false, whole = false, answers = [] } = {}) {
  const world = new World();
  const did = [];
  const note = name => (...args) => { did.push([name, ...args].join(' ')); };
  const screen = {
    whole,
    held: isHeld,
    isHeld: () => screen.held,
    levels: () => 'levels',
    apply: ({ id }) => { did.push(`apply ${id}`); return id !== 'unknown'; },
    remove: note('remove'),
    count: counts => counts === 'others',
    showVersion: note('version'),
    offerToSort: offers => { screen.offers = offers; },
    fetch: async () => {
      did.push('fetch');
      if (!answers.length) return new Promise(() => {});
      const version = answers.shift();
      if (version instanceof Error) throw version;
      return { version, swap: held => { screen.shown = version; return held; } };
    },
    adopt: () => screen.shown,
    tell: (before, asked) => did.push(asked ? 'announce' : 'mark'),
    polled: note('polled'),
    failed: ({ message }) => did.push(`failed ${message}`),
    tick: () => { screen.ticks += 1; },
    ticks: 0,
    watch: note('watch'),
  };
  const follower = new Follower(screen, 'e-1', world);
  return { follower, screen, world, did, take: () => did.splice(0), answers };
}

test('every state is reached, and each step leads to a state', () => {
  const reached = new Set(['shown']);
  for (const state of reached) Object.values(STEPS[state]).forEach(next => reached.add(next));
  assert.deepEqual([...reached].sort(), Object.keys(STEPS).sort());
});

test('changes go into the rows, older ones do not', () => {
  const { follower, take } = following();
  follower.change('e-3', { changed: [{ id: 1 }, { id: 2 }], removed: [3] });
  assert.deepEqual(take(), ['version e-3', 'apply 1', 'apply 2', 'remove 3 false']);
  follower.change('e-2', { changed: [{ id: 1 }] });
  assert.deepEqual(take(), []);
  assert.equal(follower.version, 'e-3');
  assert.equal(follower.state, 'shown');
});

test('a replaced view, as after a reset, is fetched, and changes are held until it is here', async () => {
  const { follower, screen, world, take, answers } = following();
  follower.renew('f-5');
  assert.equal(follower.state, 'fetching');
  follower.change('f-6', { changed: [{ id: 1 }] });
  follower.change('f-4', { changed: [{ id: 4 }] });
  assert.deepEqual(take(), []);
  answers.push('f-5');
  await world.pass(500);
  assert.equal(follower.state, 'shown');
  assert.deepEqual([screen.ticks, ...take()], [1, 'fetch', 'mark', 'watch', 'version f-6', 'apply 1']);
});

test('an older page, from another replica, is asked for again, at growing intervals', async () => {
  const { follower, world, take, answers } = following({ answers: ['e-6', new Error('HTTP 500'), 'e-7'] });
  follower.renew('e-7');
  for (const [pause, wanted] of [[249, []], [1, ['fetch']], [499, []], [1, ['fetch', 'failed HTTP 500']], [999, []], [1, ['fetch', 'mark', 'watch']]]) {
    await world.pass(pause);
    assert.deepEqual(take(), wanted, `at ${world.time} ms`);
  }
  assert.deepEqual([follower.version, follower.state, answers], ['e-7', 'shown', []]);
});

test('another view that is asked for ends the pause', async () => {
  const { follower, world, take } = following({ answers: [new Error('HTTP 503'), new Error('HTTP 503')] });
  follower.renew('e-2');
  await world.pass(750);
  assert.deepEqual(take(), ['fetch', 'failed HTTP 503', 'fetch', 'failed HTTP 503']);
  follower.ask();
  await settled();
  assert.deepEqual(take(), ['fetch']);
});

test('one page is fetched at a time', async () => {
  const { follower, world, take } = following();
  follower.renew('e-2');
  follower.renew('e-3');
  await world.pass(10_000);
  assert.deepEqual(take(), ['fetch']);
});

test('what was held for one page is not shown after another', async () => {
  const { follower, world, take, answers } = following();
  follower.renew('e-2');
  follower.change('e-3', { changed: [{ id: 3 }] });
  answers.push('e-2', 'e-2');
  await world.pass(250);
  take();
  follower.version = 'e-2';
  follower.renew('e-2');
  await world.pass(250);
  assert.deepEqual(take(), ['fetch', 'mark', 'watch']);
});

test('the connection that comes back ends the pause', async () => {
  const { follower, world, take } = following({ answers: [new Error('no network')] });
  follower.renew('e-2');
  await world.pass(500);
  take();
  follower.wake();
  await settled();
  assert.deepEqual(take(), ['fetch']);
});

test('what comes while a page is fetched needs another one', async () => {
  const { follower, world, take, answers } = following();
  follower.renew('e-2');
  follower.renew('e-3');
  assert.equal(follower.state, 'again');
  answers.push('e-3', 'e-4');
  await world.pass(1_000);
  assert.deepEqual(take(), ['fetch', 'mark', 'watch', 'fetch', 'mark', 'watch']);
  assert.equal(follower.state, 'shown');
});

test('more changes than are held must be in the page', async () => {
  const { follower, world, take, answers } = following();
  follower.renew('e-2');
  for (let i = 3; i <= 259; ++i) follower.change(`e-${i}`, { changed: [{ id: i }] });
  answers.push('e-257', 'e-258');
  await world.pass(1_250);
  assert.deepEqual(take(), ['fetch', 'fetch', 'mark', 'watch', 'version e-259', 'apply 259']);
});

test('a row without a place, other groups, and any row of a profile\'s page: the page is fetched', async () => {
  for (const [given, data] of [
    [{}, { changed: [{ id: 'unknown' }] }],
    [{}, { counts: 'others' }],
    [{ whole: true }, { changed: [{ id: 1 }] }],
    [{ whole: true }, { removed: [1] }],
  ]) {
    const { follower } = following(given);
    follower.change('e-2', data);
    assert.equal(follower.state, 'fetching', JSON.stringify(data));
  }
});

test('counts of groups are fetched every five seconds at most', async () => {
  const { follower, world } = following({ answers: ['e-2'] });
  follower.change('e-2', { counts: 'others' });
  await world.pass(5_000);
  follower.change('e-3', { counts: 'others' });
  assert.equal(follower.state, 'shown');
  await world.pass(1);
  follower.change('e-4', { counts: 'others' });
  assert.equal(follower.state, 'fetching');
});

test('rows wait while somebody is at them, then move', async () => {
  const { follower, screen, world, take, answers } = following({ isHeld: true, answers: ['e-2'] });
  follower.renew('e-2');
  await world.pass(500);
  assert.deepEqual([follower.state, screen.offers], ['waiting', true]);
  follower.change('e-3', { removed: [1] });
  follower.tick(0);
  assert.deepEqual([follower.state, ...take()], ['waiting', 'fetch', 'mark', 'watch', 'version e-3', 'remove 1 true']);
  screen.held = false;
  answers.push('e-3');
  follower.tick(0);
  assert.deepEqual([follower.state, screen.offers], ['fetching', false]);
  await world.pass(0);
  assert.deepEqual([follower.state, screen.offers], ['shown', false]);
});

test('a row that is removed under somebody\'s hand waits too', () => {
  const { follower, screen } = following({ isHeld: true });
  follower.change('e-2', { removed: [1] });
  assert.deepEqual([follower.state, screen.offers], ['waiting', true]);
});

test('another view that the reader asked for comes at once, moves the rows and is announced', async () => {
  const { follower, world, take, answers } = following({ isHeld: true, answers: ['e-1'] });
  follower.ask();
  await world.pass(0);
  assert.deepEqual([follower.state, ...take()], ['shown', 'fetch', 'announce', 'watch']);
  answers.push('e-2');
  follower.renew('e-2');
  await world.pass(250);
  assert.deepEqual([follower.state, ...take()], ['waiting', 'fetch', 'mark', 'watch'], 'once');
  follower.ask();
  await world.pass(0);
  follower.ask();
  assert.deepEqual([follower.state, ...take()], ['again', 'fetch'], 'typed further');
});

test('of two views asked for in a row, the last is announced', async () => {
  const { follower, world, take, answers } = following();
  follower.ask();
  follower.ask();
  answers.push('e-1', 'e-1');
  await world.pass(500);
  assert.deepEqual(take(), ['fetch', 'mark', 'watch', 'fetch', 'announce', 'watch']);
});

test('a view that is refused ends the attempts', async () => {
  const { follower, world, screen, take } = following({ answers: [Object.assign(new Error('no such level'), { refused: 'no such level' })] });
  screen.shown = 'e-1';
  follower.ask();
  await world.pass(60_000);
  assert.deepEqual([follower.state, ...take()], ['shown', 'fetch', 'failed no such level', 'announce', 'watch']);
});

test('without a stream for eight seconds the page asks every five', async () => {
  const { follower, world, take, answers } = following({ answers: ['e-2', Object.assign(new Error('login'), { signin: true }), new Error('HTTP 502')] });
  follower.tick(8_000);
  await settled();
  assert.deepEqual(take(), []);
  follower.tick(8_001);
  await settled();
  assert.deepEqual([follower.version, ...take()], ['e-2', 'fetch', 'mark', 'polled answered']);
  await world.pass(5_000);
  follower.tick(13_001);
  assert.deepEqual(take(), []);
  await world.pass(1);
  follower.tick(13_002);
  await settled();
  assert.deepEqual(take(), ['fetch', 'polled login']);
  await world.pass(5_001);
  follower.tick(18_003);
  await settled();
  assert.deepEqual([answers.length, ...take()], [0, 'fetch', 'polled failed']);
  follower.renew('e-3');
  await world.pass(5_001);
  take();
  follower.tick(24_000);
  await settled();
  assert.deepEqual(take(), [], 'a page is under way');
});

test('what was polled is not told when the page was asked for meanwhile', async () => {
  const { follower, screen, take, answers } = following();
  let come;
  screen.fetch = () => new Promise(resolve => { come = () => resolve({ version: 'e-2', swap: () => false }); });
  follower.poll();
  follower.renew('e-2');
  come();
  await settled();
  assert.deepEqual([follower.state, answers.length, ...take()], ['fetching', 0]);
});
