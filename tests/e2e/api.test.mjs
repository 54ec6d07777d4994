// Every GET of the portal, the hardware service and the admin port, in good and bad cases: ask() holds each answer against
// docs/openapi.yaml, the tables below say which status it must have.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ask, assertSchema } from './contract.mjs';
import { eventually, portalAlone, quick, Scope, vacancyUp } from './support.mjs';

const started = new Scope();
let vacancy;
let bases;

before(async () => {
  const failing = { ...quick, name: 'failing', kind: 'exec', match: { provider: 'lab' }, command: ['false'] };
  delete failing.duration;
  delete failing.seed;
  const alerts = {
    receivers: [{ name: 'nobody', url: 'http://127.0.0.1:1/' }],
    rules: [{ name: 'any', when: { reaches: 'LOW' } }, { name: 'blind', when: { blind: '*' }, severity: 'critical', send_to: ['nobody'] }],
  };
  vacancy = await vacancyUp(started, {
    profiles: ['Amazon/c5', 'our cluster/gpu & more', 'lab/gpu'],
    probes: [failing, quick],
    sets: { cfd: ['lab/gpu', 'none/*', 'our cluster/*', 'Amazon/c5'], 'ml.2': ['Amazon/p*'] },
    alerts,
  });
  bases = { portal: vacancy.url, hardware: new URL('/', vacancy.hardwareUrl).href, admin: vacancy.adminUrl };
  await eventually('all are measured', async () => {
    const { counts } = (await ask(`${vacancy.url}api/v1/hardware`)).json();
    return counts.UNKNOWN <= 1;
  });
});
after(() => started.end());

const token = async () => ({ authorization: `Bearer ${await vacancy.token()}` });
const html = { accept: 'text/html' };

/** [service, path, status, further: headers of the request, method, `type` that the answer must have] */
const CASES = [
  ['portal', '', 200, { headers: html, type: 'text/html' }],
  ['portal', '?q=amazon&level=HIGH,LOW&sort=-name&group=provider&wall=1', 200, { headers: html, type: 'text/html' }],
  ['portal', '?utm_source=mail', 400, { headers: html, type: 'text/html' }],
  ['portal', '?offset=x', 400],
  ['portal', '?q=%zz', 400, { headers: html, type: 'text/html' }],
  ['portal', '?offset=x', 400, { headers: html, type: 'text/html' }],
  ['portal', '', 200, { headers: { accept: 'text/plain' }, type: 'text/plain' }],
  ['portal', 'api/v1/hardware', 200],
  ['portal', 'api/v1/hardware?limit=1&offset=1', 200],
  ['portal', 'api/v1/hardware?q=gpu&failing=1&freshness=PENDING', 200],
  ['portal', 'api/v1/hardware?limit=0', 400],
  ['portal', 'api/v1/hardware?limit=1001', 400],
  ['portal', 'api/v1/hardware?level=GREAT', 400],
  ['portal', 'api/v1/hardware?sort=colour', 400],
  ['portal', 'api/v1/hardware?limt=1', 400],
  ['portal', 'api/v1/hardware?q=%ff%zz', 400],
  ['portal', 'api/v1/hardware.csv', 200, { type: 'text/csv' }],
  ['portal', 'api/v1/hardware.csv?provider=lab', 200, { type: 'text/csv' }],
  ['portal', 'api/v1/hardware.csv?limit=x', 400],
  ['portal', 'api/v1/hardware/Amazon/c5', 200],
  ['portal', 'api/v1/hardware/our%20cluster/gpu%20%26%20more', 200],
  ['portal', 'api/v1/hardware/lab/gpu', 200],
  ['portal', 'api/v1/hardware/Amazon/c5?limit=1', 400],
  ['portal', 'api/v1/hardware/Amazon/%zz', 400],
  ['portal', 'api/v1/hardware/Amazon/c6', 404],
  ['portal', 'api/v1/hardware/Amazon/c5/history', 200],
  ['portal', 'api/v1/hardware/Amazon/c5/history?since=30d&span=none&limit=1', 200],
  ['portal', 'api/v1/hardware/lab/gpu/history?from=2026-11-24T13:00:00Z', 200],
  ['portal', 'api/v1/hardware/Amazon/c5/history?since=7', 400],
  ['portal', 'api/v1/hardware/Amazon/c5/history?since=90d&span=5m', 400],
  ['portal', 'api/v1/hardware/Amazon/c6/history', 404],
  ['portal', 'api/v1/hardware/our%20cluster/gpu%20%26%20more/history.csv', 200, { type: 'text/csv' }],
  ['portal', 'api/v1/hardware/Amazon/c5/history.csv?numbers=1', 200, { type: 'text/csv' }],
  ['portal', 'api/v1/hardware/Amazon/c5/history.csv?numbers=all', 400],
  ['portal', 'api/v1/hardware?at=2026-01-01T00:00:00Z&limit=1', 200],
  ['portal', 'api/v1/hardware?at=2026-01-01T00:00:00Z&provider=lab&level=UNKNOWN&q=gpu', 200],
  ['portal', 'api/v1/hardware?at=2999-01-01T00:00:00Z', 400],
  ['portal', 'api/v1/hardware?at=2026-01-01T00:00:00Z&sort=-free', 400],
  ['portal', 'api/v1/hardware?set=cfd&level=HIGH,MEDIUM,LOW', 200],
  ['portal', 'api/v1/hardware?set=cdf', 400],
  ['portal', 'api/v1/hardware?at=2026-01-01T00:00:00Z&set=cfd', 200],
  ['portal', '?set=cfd', 200, { headers: html, type: 'text/html' }],
  ['portal', '?set=cdf', 400, { headers: html, type: 'text/html' }],
  ['portal', 'api/v1/sets', 200],
  ['portal', 'api/v1/sets?limit=1', 400],
  ['portal', 'api/v1/sets/cfd', 200],
  ['portal', 'api/v1/sets/cdf', 404],
  ['portal', 'api/v1/sets/cfd?at_least=LOW', 400],
  ['portal', 'api/v1/sets/cfd/first', 200],
  ['portal', 'api/v1/sets/cfd/first?at_least=low&max_age=5m', 200],
  ['portal', 'api/v1/sets/cfd/first?free=4&total_free=8&max_age=1us', 200],
  ['portal', 'api/v1/sets/ml.2/first', 200],
  ['portal', 'api/v1/sets/cfd/first?at_least=UNKNOWN', 400],
  ['portal', 'api/v1/sets/cfd/first?max_age=0', 400],
  ['portal', 'api/v1/sets/cfd/first?max_age=300', 400],
  ['portal', 'api/v1/sets/a%20b/first', 404],
  ['portal', 'set/cfd', 200, { type: 'text/html' }],
  ['portal', 'set/cfd?at_least=HIGH&max_age=1h&free=2', 200, { type: 'text/html' }],
  ['portal', 'set/cfd?max_age=-1m', 400],
  ['portal', 'set/cdf', 404, { headers: html, type: 'text/html' }],
  ['portal', 'set/cfd/badge.svg', 200, { type: 'image/svg+xml' }],
  ['portal', 'set/cfd/badge.svg?at_least=HIGH&label=big', 200],
  ['portal', 'set/cfd/badge.svg?label=', 400],
  ['portal', 'set/cdf/badge.svg', 404],
  ['portal', 'set/cfd/badge.png', 404],
  ['portal', 'badge/set.svg', 200, { type: 'image/svg+xml' }],
  ['portal', 'badge.svg?set=cfd', 200, { type: 'image/svg+xml' }],
  ['portal', 'api/v1/hardware.csv?set=cfd', 200, { type: 'text/csv' }],
  ['portal', 'api/v1/wait?set=cfd&at_least=LOW', 200],
  ['portal', 'api/v1/wait?set=cfd&profile=Amazon/c5', 400],
  ['portal', 'api/v1/wait?set=cdf', 400],
  ['portal', 'api/v1/events?set=cdf&limit=1', 400],
  ['portal', 'profile/Amazon/c5', 200, { type: 'text/html' }],
  ['portal', 'profile/Amazon/c6', 404],
  ['portal', 'profile/Amazon/c6', 404, { headers: html, type: 'text/html' }],
  ['portal', 'profile/Amazon/%zz', 400],
  ['portal', 'profile/Amazon/c5/history', 200, { type: 'text/html' }],
  ['portal', 'profile/our%20cluster/gpu%20%26%20more/history?days=90', 200],
  ['portal', 'profile/Amazon/c5/history?days=2', 400],
  ['portal', 'profile/Amazon/c6/history', 404, { headers: html, type: 'text/html' }],
  ['portal', 'at', 200, { type: 'text/html' }],
  ['portal', 'at?time=2026-01-01T00:00&q=c5', 200, { type: 'text/html' }],
  ['portal', 'at?time=2999-01-01T00:00', 400, { headers: html, type: 'text/html' }],
  ['portal', 'at?time=yesterday', 400],
  ['portal', 'api/v1/calibration', 200],
  ['portal', 'api/v1/calibration?since=7d', 200],
  ['portal', 'api/v1/calibration?limit=1', 400],
  ['portal', 'api/v1/observations', 405],
  ['portal', 'api/v1/observations', 403, { method: 'POST' }],
  ['portal', 'api/v1/wait?profile=Amazon/c5&at_least=LOW', 200],
  ['portal', 'api/v1/wait?profile=Amazon/*&profile=our*/*&match=all&at_least=LOW&timeout=1s', 200],
  ['portal', 'api/v1/wait?profile=lab/gpu&timeout=100ms', 200],
  ['portal', 'api/v1/wait', 400],
  ['portal', 'api/v1/wait?profile=c5', 400],
  ['portal', 'api/v1/wait?profile=Amazon/c5&timeout=2x', 400],
  ['portal', 'api/v1/wait?profile=Amazon/c5&at_least=GREAT', 400],
  ['portal', 'feed.atom', 200, { type: 'application/atom+xml' }],
  ['portal', 'feed.atom?q=c5&label.region=eu-1&level=HIGH,LOW&freshness=FRESH&limit=9', 200],
  ['portal', 'feed.atom?limit=0', 400],
  ['portal', 'feed.atom?sort=name', 400],
  ['portal', 'badge/Amazon/c5.svg', 200, { type: 'image/svg+xml' }],
  ['portal', 'badge/Amazon/c5.svg?label=c5', 200],
  ['portal', 'badge/Amazon/c5.svg?label=', 400],
  ['portal', 'badge/Amazon/c5.svg?colour=red', 400],
  ['portal', 'badge/Amazon/c6.svg', 404],
  ['portal', 'badge.svg?q=c5&level=HIGH,LOW&label=c5', 200, { type: 'image/svg+xml' }],
  ['portal', 'badge.svg?q=c5&after=x', 400],
  ['portal', 'badge/Amazon.svg?freshness=FRESH', 200, { type: 'image/svg+xml' }],
  ['portal', 'badge/Amazon.svg?provider=Azure', 400],
  ['portal', '?columns=name,label.region', 200],
  ['portal', '?columns=colour', 400, { headers: html, type: 'text/html' }],
  ['portal', 'openapi.yaml', 200, { type: 'application/yaml' }],
  ['portal', 'assets/style.css', 200, { type: 'text/css' }],
  ['portal', 'assets/live.js', 200, { type: 'text/javascript' }],
  ['portal', 'assets/favicon.svg', 200, { type: 'image/svg+xml' }],
  ['portal', 'assets/none.js', 404],
  ['portal', 'api/v1/events?limit=0', 400],
  ['portal', 'api/v1/events?since=nonsense', 400],
  ['portal', 'api/v1/events?offset=2', 400],
  ['portal', 'nothing/here', 404],
  ['portal', 'nothing/here', 404, { headers: html, type: 'text/html' }],
  ['portal', 'api/v1/hardware', 405, { method: 'POST' }],
  ['portal', '', 405, { method: 'DELETE' }],
  ['hardware', 'hardware/', 200],
  ['hardware', 'hardware/?wait=0', 200],
  ['hardware', 'hardware/?wait=x', 400],
  ['hardware', 'hardware/?limit=1', 400],
  ['hardware', 'hardware/?since=other-5', 410],
  ['hardware', 'hardware/?since=nonsense', 400],
  ['hardware', 'hardware/events?since=nonsense', 400],
  ['hardware', 'hardware/1/history', 200],
  ['hardware', 'hardware/1/history?since=2d&span=1h', 200],
  ['hardware', 'hardware/1/history?since=forever', 400],
  ['hardware', 'hardware/999/history', 404],
  ['hardware', 'hardware/at?time=2026-01-01T00:00:00Z', 200],
  ['hardware', 'hardware/at', 400],
  ['hardware', 'hardware/transitions?limit=2', 200],
  ['hardware', 'hardware/transitions?limit=0', 400],
  ['hardware', 'hardware/calibration?from=2026-01-01T00:00:00Z', 200],
  ['hardware', 'hardware/calibration?since=x', 400],
  ['hardware', 'api/v1/observations', 401, { method: 'POST' }],
  ['hardware', 'hardware/profiles', 401],
  ['hardware', 'hardware/profiles', 200, { headers: token }],
  ['hardware', 'hardware/probes', 401],
  ['hardware', 'hardware/probes', 401, { headers: { authorization: 'Bearer wrong' } }],
  ['hardware', 'hardware/probes', 200, { headers: token }],
  ['hardware', 'hardware/alerts', 401],
  ['hardware', 'hardware/alerts', 200, { headers: token }],
  ['hardware', 'hardware/alerts/test', 405],
  ['hardware', 'hardware/alerts/replay', 401, { method: 'POST' }],
  ['hardware', 'hardware/demand', 400, { method: 'POST' }],
  ['hardware', 'hardware/', 405, { method: 'PUT' }],
  ['hardware', 'hardware/1', 405],
  ['hardware', 'hardware/probes/test', 405],
  ['hardware', 'hardware/1', 401, { method: 'DELETE' }],
  ['admin', 'healthz', 200, { type: 'text/plain' }],
  ['admin', 'readyz', 200, { type: 'text/plain' }],
  ['admin', 'metrics', 200, { type: 'text/plain' }],
  ['admin', 'metrics/profiles', 200, { type: 'text/plain' }],
  ['admin', 'metrics/profiles?provider=Amazon&sort=-changed', 200],
  ['admin', 'metrics/profiles?sort=colour', 400],
  ['admin', 'nothing', 404],
];

const headersOf = async headers => (typeof headers === 'function' ? await headers() : headers) ?? {};

for (const [service, path, status, { headers, method = 'GET', type } = {}] of CASES) {
  test(`${method} ${service} /${path}: ${status}`, async () => {
    const url = bases[service] + path;
    const sent = await headersOf(headers);
    const answer = await ask(url, { method, headers: sent });
    assert.equal(answer.status, status, answer.text);
    if (status === 405) assert.ok(answer.headers.get('allow'));
    if (status === 401) assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
    if (status >= 400 && !type) return assert.equal(answer.json().status, status);
    if (type) assert.equal(answer.headers.get('content-type').split(';')[0], type);
    const head = await ask(url, { method: 'HEAD', headers: sent });
    assert.equal(head.status, status);
    assert.equal(head.headers.get('content-type'), answer.headers.get('content-type'));
  });
}

for (const [service, path] of [
  ['portal', ''], ['portal', 'api/v1/hardware'], ['portal', 'api/v1/hardware/Amazon/c5'],
  ['portal', 'badge/Amazon/c5.svg'], ['portal', 'api/v1/sets'], ['portal', 'api/v1/sets/cfd/first'], ['portal', 'set/cfd/badge.svg'], ['portal', 'openapi.yaml'], ['portal', 'assets/style.css'], ['hardware', 'hardware/'],
]) {
  test(`${service} /${path} is 304 for who has it`, () => eventually('304 before the next change', async () => {
    const etag = (await ask(bases[service] + path, { headers: html })).headers.get('etag');
    const again = await ask(bases[service] + path, { headers: { ...html, 'if-none-match': etag } });
    return again.status === 304 && again.headers.get('etag') === etag;
  }));
}

test('what changed since a revision', async () => {
  const { version } = (await ask(`${vacancy.url}api/v1/hardware`)).json();
  const change = await eventually('a change', async () => {
    const answer = await ask(`${vacancy.hardwareUrl}?since=${version}`);
    return answer.status === 200 && answer.json().changed.length && answer.json();
  });
  assert.equal(change.epoch, version.split('-')[0]);
});

test('launches are told', async () => {
  const post = async body => ask(`${bases.hardware}api/v1/observations`, {
    method: 'POST', headers: { ...await token(), 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const launch = { profile: 'Amazon/c5', outcome: 'launched', took: '42s', source: 'ci', id: 'run-1' };
  assert.equal((await post(launch)).status, 200);
  assert.deepEqual((await post([launch, { ...launch, id: 'run-2' }])).json().map(one => one.effect), ['repeated', 'applied']);
  assert.equal((await post({ ...launch, outcome: 'failed', error: 'UnauthorizedOperation' })).json().effect, 'ignored');
  assert.equal((await post({ ...launch, outcome: 'lost' })).status, 400);
  assert.equal((await post({ ...launch, profile: 'Amazon/c6' })).status, 404);
  await eventually('they are counted', async () => {
    const { profiles } = (await ask(`${vacancy.url}api/v1/calibration`)).json();
    return profiles.length === 1 && profiles[0].name === 'c5';
  });
});

test('alerts are listed, replayed and tried', async () => {
  const post = async (path, body) =>
    ask(`${bases.hardware}hardware/alerts/${path}`, { method: 'POST', headers: await token(), body: JSON.stringify(body) });
  const replayed = await eventually('a profile has fired', async () => {
    const answer = await post('replay', { rule: 'any' });
    return answer.json().messages.length && answer.json();
  });
  assert.equal(replayed.messages[0].kind, 'firing');
  await eventually('the message waits for its receiver', async () => {
    const { rules, receivers } = (await ask(`${bases.hardware}hardware/alerts`, { headers: await token() })).json();
    return rules[0].firing > 0 && rules[0].alerts.length > 0 && receivers[0].waiting > 0;
  });
  assert.equal((await post('replay', { rules: '- {name: x, when: {reaches: HIGH, below: LOW}}' })).status, 400);
  const failed = await post('test', { receiver: 'nobody' });
  assert.equal(failed.status, 503);
  assert.match(failed.json().detail, /^nobody: cannot connect/);
  assert.equal((await post('test', { receiver: 'none' })).status, 404);
  assert.equal((await post('test', {})).status, 400);
  assert.equal((await post('retry', {})).json().retried, 0);
  assert.equal((await post('retry', { id: 'none' })).status, 404);
});

/** The events of a stream's text, each with its data held against the schema of its kind. */
function events(text) {
  return text.split('\n\n').slice(0, -1).filter(block => block.includes('event: ')).map(block => {
    const name = block.match(/^event: (.*)$/m)[1];
    const data = JSON.parse(block.match(/^data: (.*)$/m)[1]);
    const phase = { begin: 'SnapshotBegin', rows: 'SnapshotRows', end: 'SnapshotEnd' }[data.phase];
    assertSchema({ snapshot: phase, change: 'ChangeEvent', view: 'View', status: 'Status', sets: 'SetsEvent' }[name], data);
    return { name, data };
  });
}

for (const [service, path, wanted] of [
  ['portal', 'api/v1/events', 'change'],
  ['portal', 'api/v1/events?limit=2', 'change'],
  ['portal', 'api/v1/events?limit=2&offset=1&sort=measured', 'view'],
  ['hardware', 'hardware/events', 'change'],
]) {
  test(`${service} /${path} streams a snapshot, then a ${wanted}`, async () => {
    const { text, headers } = await ask(bases[service] + path, { until: `event: ${wanted}\n` });
    assert.equal(headers.get('cache-control'), 'no-store, no-transform');
    const seen = events(text);
    if (!path.includes('limit')) assert.deepEqual(seen.shift().data.sets.map(set => set.name), ['cfd', 'ml.2']);
    assert.deepEqual(seen.slice(0, 3).map(({ data }) => data.phase), ['begin', 'rows', 'end']);
    assert.equal(seen.at(-1).name, wanted);
  });
}

test('without a hardware service: 503 that says so, and a page', async t => {
  const { url, adminUrl } = await portalAlone(t);
  for (const path of ['api/v1/hardware', 'api/v1/hardware?at=2026-01-01T00:00:00Z', 'api/v1/hardware.csv', 'api/v1/hardware/Amazon/c5', 'api/v1/hardware/Amazon/c5/history', 'profile/Amazon/c5', 'profile/Amazon/c5/history', 'at', 'badge/Amazon/c5.svg', 'feed.atom', 'api/v1/sets', 'api/v1/sets/cfd', 'api/v1/sets/cfd/first', 'set/cfd', 'set/cfd/badge.svg']) {
    const answer = await ask(url + path);
    assert.equal(answer.status, 503, path);
    assert.match(answer.headers.get('retry-after'), /^\d+$/);
  }
  assert.equal((await ask(url, { headers: { accept: 'text/plain' } })).status, 503);
  assert.equal((await ask(url, { headers: html })).status, 200);
  assert.equal((await ask(`${adminUrl}readyz`)).status, 503);
});
