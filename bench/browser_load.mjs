// What a browser asks for to show a page, and when it shows it: {requests, bytes, paints}, as JSON.
// Usage: node browser_load.mjs URL LOADS
//
// Requests and bytes are read from the browser's own log of its network, which knows those of the SharedWorker and of the
// tab's icon as well, with the bytes that its sockets received.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { launch, openLive } from './chromium.mjs';

const [url, loads] = process.argv.slice(2);

function read({ constants, events }) {
  const types = Object.fromEntries(Object.entries(constants.logEventTypes).map(([name, type]) => [type, name]));
  const urls = new Map();
  const sockets = new Set();
  const requests = [];
  let bytes = 0;
  let streams = false;
  for (const { type, source, params = {} } of events) {
    if (params.url) urls.set(source.id, params.url);
    switch (types[type]) {
      case 'TCP_CONNECT_ATTEMPT':
        if (params.address?.endsWith(`:${new URL(url).port}`)) sockets.add(source.id);
        break;
      case 'SOCKET_BYTES_RECEIVED':
        if (sockets.has(source.id) && !streams) bytes += params.byte_count;
        break;
      case 'HTTP_TRANSACTION_SEND_REQUEST_HEADERS': {
        const asked = new URL(urls.get(source.id));
        if (asked.origin !== new URL(url).origin) break;
        requests.push(asked.pathname);
        streams ||= asked.pathname.endsWith('/events');
      }
    }
  }
  return { requests, bytes };
}

async function network() {
  const directory = await mkdtemp(path.join(tmpdir(), 'vacancy-bench-'));
  const file = path.join(directory, 'log.json');
  const browser = await launch(`--log-net-log=${file}`);
  const page = await openLive(await browser.newPage(), url);
  await page.waitForTimeout(2_000);  // the icon
  await browser.close();
  const seen = read(JSON.parse(await readFile(file, 'utf8')));
  await rm(directory, { recursive: true });
  return seen;
}

async function paint(browser) {
  const context = await browser.newContext();  // its cache is empty
  const page = await context.newPage();
  await page.goto(url);
  const first = await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  const at = await first.jsonValue();
  await context.close();
  return at;
}

const seen = await network();
const browser = await launch();
const paints = [];
while (paints.length < Number(loads)) paints.push(await paint(browser));
await browser.close();
console.log(JSON.stringify({ ...seen, paints }));
