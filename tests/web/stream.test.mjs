// A tab, its hub and a server that is the test's: connections that open, break, fall silent, sleep, and are resumed.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Hub } from '../../web/hub.js';
import { connect } from '../../web/stream.js';
import { Channel, settled, streamAnswer, World } from './world.mjs';

mock.method(Math, 'random', () => 0.5);  // pauses are three quarters of what they may be

const WAYS = { 'with a SharedWorker': 'worker', 'without': 'none', 'with one that does not start': 'broken' };

/** The window of a page that is hidden for long: its timers come once a minute. */
function hiddenForLong(world) {
  world.hide(true);
  return Object.assign(Object.create(world), {
    setInterval: call => world.setInterval(call, 60_000),
    addEventListener: world.addEventListener.bind(world),
  });
}

/** A tab that shows `version`, what its handlers got, and the requests of its hub. One that waits for an event stays hidden. */
async function tab(way, { version = 'e-1', waits = false, answer } = {}) {
  const world = new World();
  const requests = [];
  world.fetch = async (url, { signal }) => {
    const request = { views: new URL(url).searchParams.getAll('view'), ...(answer?.() || streamAnswer(signal)), signal };
    requests.push(request);
    if (request.fails) throw new Error('no network');
    return request;
  };
  world.MessageChannel = Channel;
  const hub = new Hub(world);
  if (way !== 'none') {
    world.SharedWorker = class {
      constructor() {
        const { port1, port2 } = new Channel();
        this.port = port1;
        world.worker = this;
        if (way === 'worker') hub.attach(port2);
        else queueMicrotask(() => this.onerror());
      }
    };
  }
  const got = [];
  const all = [];
  const state = { version };
  connect(() => ({ url: 'http://portal/api/v1/events', query: 'q=' }), () => state.version, {
    state: message => {
      all.push(message);
      if (message.state !== got.at(-1)) got.push(message.state);
    },
    isAway: () => world.document.hidden && !waits,
    refetch: ({ id }) => got.push(`refetch ${id}`),
    event: ({ event, id, data }) => {
      all.push({ event, data });
      if (event !== 'status' && event !== 'heartbeat') got.push(`${event} ${id} ${data}`);
    },
  }, waits ? hiddenForLong(world) : world);
  await world.pass(0);
  return { world, requests, state, all, hub, take: () => got.splice(0) };
}

/** Another tab of the same view: all messages that it gets, and those that have an id, in a word. */
async function join(hub, since, query = 'q=') {
  const { port1, port2 } = new Channel();
  const messages = [];
  port1.onmessage = ({ data }) => messages.push(data);
  hub.attach(port2);
  port1.postMessage({ type: 'watch', url: 'http://portal/api/v1/events', query, since });
  await settled();
  return { port: port1, messages, got: messages.filter(({ id }) => id).map(({ type, id }) => `${type} ${id}`) };
}

for (const [name, way] of Object.entries(WAYS)) {
  test(`${name}: connected, lost, reconnected with the last event's id`, async () => {
    const { world, requests, take } = await tab(way);
    assert.deepEqual(requests.map(({ views }) => views), [['q=&since=e-1']]);
    assert.deepEqual(take(), ['connecting']);
    requests[0].say('event: for\ndata: 0\n\nevent: change\nid: e-2\ndata: {}\n\nevent: cha');
    await settled();
    assert.deepEqual(take(), ['open', 'change e-2 {}']);
    requests[0].say('nge\nid: e-3\ndata: {"a":1}\n\n');
    await settled();
    assert.deepEqual(take(), ['change e-3 {"a":1}']);
    requests[0].end();
    await settled();
    assert.deepEqual(take(), ['connecting']);
    await world.pass(749);
    assert.equal(requests.length, 1, 'not at once: others come back too');
    await world.pass(1);
    assert.deepEqual(requests[1].views, ['q=&since=e-3']);
    requests[1].say(': heartbeat\n\n');
    await settled();
    assert.deepEqual(take(), ['open']);
  });
}

test('a reset: the snapshot\'s rows are not used, its end is told once', async () => {
  const { requests, take } = await tab('worker');
  requests[0].say('event: snapshot\nid: f-9\ndata: {"phase":"begin"}\n\nevent: snapshot\ndata: {"phase":"rows"}\n\n');
  await settled();
  assert.deepEqual(take(), ['connecting', 'open']);
  requests[0].say('event: snapshot\nid: f-9\ndata: {"phase":"end"}\n\n');
  await settled();
  assert.deepEqual(take(), ['snapshot f-9 {"phase":"end"}']);
});

test('the sides beyond the server: all is well until it says otherwise, also to a tab that joins later', async () => {
  const { requests, all, hub } = await tab('worker');
  const told = messages => messages.filter(({ event }) => event).map(({ event, data }) => `${event} ${data}`);
  requests[0].say('event: heartbeat\ndata: {"now":1}\n\n');
  await settled();
  assert.deepEqual(told(all), ['status {"outage":null}', 'heartbeat {"now":1}']);
  requests[0].say('event: status\ndata: {"outage":1}\n\n');
  requests[0].say('event: heartbeat\ndata: {"now":2}\n\n');
  await settled();
  assert.deepEqual(told(all).slice(2), ['status {"outage":1}', 'heartbeat {"now":2}']);
  const { messages } = await join(hub, 'e-1');
  assert.deepEqual(told(messages), ['status {"outage":1}']);
});

test('after a reset, a tab with an older page fetches it', async () => {
  const { requests, hub } = await tab('worker');
  requests[0].say('event: change\nid: e-2\ndata: 2\n\nevent: snapshot\nid: f-9\ndata: {"phase":"begin"}\n\n');
  await settled();
  requests[0].say('event: snapshot\nid: f-9\ndata: {"phase":"end"}\n\nevent: change\nid: f-10\ndata: 10\n\n');
  await settled();
  assert.deepEqual((await join(hub, 'e-1')).got, ['refetch f-10']);
  assert.deepEqual((await join(hub, 'f-9')).got, ['event f-10']);
});

test('of many events the last are kept for tabs that join', async () => {
  const { requests, hub } = await tab('worker');
  for (let i = 2; i <= 259; ++i) requests[0].say(`event: change\nid: e-${i}\ndata: ${i}\n\n`);
  await settled();
  await settled();
  assert.equal((await join(hub, 'e-3')).got.length, 256);
  assert.deepEqual((await join(hub, 'e-2')).got, ['refetch e-259']);
});

test('silence of 8.5 s: another connection', async () => {
  const { world, requests } = await tab('none');
  await world.pass(5_000);
  requests[0].say(': x\n\n');
  await world.pass(8_000);
  assert.equal(requests.length, 1);
  await world.pass(1_000);
  assert.equal(requests.length, 2);
  assert.ok(requests[0].signal.aborted);
});

test('a server that is away: pauses grow to eight seconds at most', async () => {
  const { world, requests } = await tab('none', { answer: () => ({ fails: true }) });
  for (const pause of [750, 1_500, 3_000, 6_000, 6_000]) {
    const before = requests.length;
    await world.pass(pause - 1);
    assert.equal(requests.length, before);
    await world.pass(1);
    assert.equal(requests.length, before + 1);
  }
});

test('after a stream that was well, pauses begin anew', async () => {
  let fails = true;
  const { world, requests } = await tab('none', { answer: () => fails && { fails } });
  await world.pass(3_000);
  fails = false;
  await world.pass(6_000);
  requests.at(-1).say(': x\n\n');
  await settled();
  requests.at(-1).end();
  const before = requests.length;
  await world.pass(750);
  assert.equal(requests.length, before + 1);
});

test('a quick look elsewhere, and another one, cost no stream', async () => {
  const { world, requests } = await tab('worker');
  for (let look = 0; look < 2; ++look) {
    world.hide(true);
    await world.pass(1_500);
    world.hide(false);
    await world.pass(1_000);
  }
  assert.deepEqual([requests.length, requests[0].signal.aborted], [1, false]);
});

test('a login page is told, and left when the stream is back', async () => {
  let login = true;
  const { world, requests, take } = await tab('none', { answer: () => login && { type: 'opaqueredirect', headers: new Headers() } });
  await settled();
  assert.deepEqual(take(), ['connecting', 'signin']);
  login = false;
  await world.pass(1_000);
  requests.at(-1).say(': x\n\n');
  await settled();
  assert.deepEqual(take(), ['open']);
});

test('a hidden tab leaves its stream after two seconds, and resumes from its own page', async () => {
  const { world, requests, state } = await tab('worker');
  requests[0].say(': x\n\n');
  await settled();
  world.hide(true);
  await world.pass(1_000);
  assert.ok(!requests[0].signal.aborted, 'a quick look elsewhere');
  await world.pass(3_000);
  assert.ok(requests[0].signal.aborted);
  assert.equal(world.timers.size, 0, 'nothing ticks');
  await world.pass(60_000);
  assert.equal(requests.length, 1);
  state.version = 'e-7';
  world.hide(false);
  await world.pass(0);
  assert.deepEqual(requests.slice(1).map(({ views }) => views), [['q=&since=e-7']]);
});

test('a hidden tab that waits for something keeps its stream, though its timers are slow', async () => {
  const { world, requests, take } = await tab('worker', { waits: true });
  for (let second = 0; second < 200; second += 4) {
    requests[0].say('event: heartbeat\ndata: {}\n\n');
    await world.pass(4_000);
  }
  assert.equal(requests.length, 1);
  requests[0].say('event: change\nid: e-2\ndata: {}\n\n');
  await settled();
  assert.deepEqual(take(), ['connecting', 'open', 'change e-2 {}']);
});

test('it keeps it also while nothing comes', async () => {
  let away = false;
  const { world, requests, take } = await tab('worker', { waits: true, answer: () => away && { fails: true } });
  requests[0].say(': x\n\n');
  away = true;
  requests[0].end();
  await world.pass(172_000);
  take();
  away = false;
  await world.pass(7_000);
  requests.at(-1).say('event: change\nid: e-2\ndata: {}\n\n');
  await settled();
  assert.deepEqual(take(), ['open', 'change e-2 {}']);
  assert.deepEqual(new Set(requests.map(({ views }) => views.join())), new Set(['q=&since=e-1']));
});

test('a machine that slept, and a clock that was set, doubt the connection', async () => {
  const { world, requests, take } = await tab('worker');
  requests[0].say(': x\n\n');
  await world.pass(1_000);
  take();
  world.sleep(6_000);
  await world.pass(1_000);
  assert.equal(requests.length, 2, 'slept');
  assert.deepEqual(take(), ['connecting']);
  requests[1].say(': x\n\n');
  await world.pass(1_000);
  world.sleep(60_000);
  await world.pass(2_000);
  assert.equal(requests.length, 3, 'slept for long: the worker goes on');
  take();
  requests[2].say(': x\n\n');
  await world.pass(1_000);
  world.skew = 3_600_000;
  await world.pass(1_000);
  assert.equal(requests.length, 4, 'set');
});

test('a worker that is gone is replaced by a hub of the tab\'s own', async () => {
  const { world, requests, take } = await tab('worker');
  world.worker.port.postMessage = () => {};  // nobody hears
  world.worker.port.onmessage = undefined;
  requests[0].say(': x\n\n');
  take();
  const before = requests.length;
  await world.pass(46_000);
  requests.at(-1).say('event: change\nid: e-2\ndata: {}\n\n');
  await settled();
  assert.ok(requests.length > before);
  assert.equal(take().at(-1), 'change e-2 {}');
});

test('a tab that joins late gets what its page lacks, or is told to fetch it', async () => {
  const { requests, hub } = await tab('worker');
  requests[0].say('event: change\nid: e-2\ndata: 2\n\nevent: change\nid: e-3\ndata: 3\n\n');
  await settled();
  for (const [since, wanted] of [['e-2', ['event e-3']], ['e-3', []], ['e-0', ['refetch e-3']], ['f-3', ['refetch e-3']]]) {
    assert.deepEqual((await join(hub, since)).got, wanted, since);
  }
  assert.equal(requests.length, 1);
});

test('two views share one connection, and a view that nobody shows any more leaves it', async () => {
  const { world, requests, hub } = await tab('worker');
  requests[0].say(': x\n\n');
  const { port } = await join(hub, 'e-5', 'q=other');
  await world.pass(50);
  assert.deepEqual(requests[1].views, ['q=&since=e-1', 'q=other&since=e-5']);
  assert.ok(requests[0].signal.aborted);
  requests[1].say('event: for\ndata: 1\n\nevent: change\nid: e-6\ndata: 6\n\n');
  await settled();
  port.postMessage({ type: 'leave' });
  await world.pass(4_000);
  assert.deepEqual(requests[2].views, ['q=&since=e-1']);
});

test('a tab that crashed is forgotten after 50 s', async () => {
  const { world, requests, hub } = await tab('worker', { answer: () => undefined });
  await join(hub, 'e-5', 'q=other');
  await world.pass(50_000);
  assert.equal(requests.at(-1).views.length, 2);
  await world.pass(15_000);
  assert.deepEqual(requests.at(-1).views, ['q=&since=e-1']);
});

test('the network that is back is tried at once', async () => {
  const { world, requests } = await tab('none', { answer: () => ({ fails: true }) });
  await world.pass(1_000);
  const before = requests.length;
  world.dispatchEvent(new Event('online'));
  await settled();
  assert.equal(requests.length, before + 1);
  await world.pass(1_499);
  assert.equal(requests.length, before + 1, 'the pause that was under way has ended');
});

test('a page is a login page, whatever its status; an error is none', async () => {
  const page = (status, type) => ({ status, ok: status === 200, headers: new Headers({ 'Content-Type': type }) });
  for (const [answer, wanted] of [[page(200, 'text/html'), 'signin'], [page(401, ''), 'signin'], [page(403, ''), 'signin'], [page(503, 'text/html'), 'connecting']]) {
    const { take } = await tab('none', { answer: () => answer });
    await settled();
    assert.equal(take().at(-1), wanted, String(answer.status));
  }
});

test('a page that comes out of the browser\'s memory follows again, one that goes leaves', async () => {
  const { world, requests } = await tab('worker');
  world.dispatchEvent(new Event('pagehide'));
  await world.pass(4_000);
  assert.ok(requests[0].signal.aborted);
  world.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }));
  await world.pass(0);
  assert.equal(requests.length, 1);
  world.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  await world.pass(0);
  assert.equal(requests.length, 2);
});

test('how long it has been so is told', async () => {
  const { world, requests, all } = await tab('none');
  requests[0].say(': x\n\n');
  await settled();
  requests[0].end();
  await settled();
  await world.pass(700);
  assert.deepEqual(all.filter(({ state }) => state).map(({ state, forMs }) => [state, forMs]), [['connecting', 0], ['open', 0], ['connecting', 0]]);
  requests.length = 0;
  world.fetch = async () => { throw new Error('no network'); };
  await world.pass(15_000);
  assert.deepEqual([all.at(-1).state, all.at(-1).forMs > 10_000], ['connecting', true]);
});
