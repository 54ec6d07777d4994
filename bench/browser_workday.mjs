// What a page weighs while rows change, and another one while its rows are fetched anew: prints {changes, refetches}, lists
// of {done, seconds, heap, nodes, listeners} at the shares, as JSON.
// Usage: node browser_workday.mjs URL CHANGES REFETCHES SHARE…
import { launch, openLive } from './chromium.mjs';

const [url, changes, refetches, ...shares] = process.argv.slice(2);

// Without a SharedWorker the page holds the stream itself, and its heap is all there is. Without chance it fetches at once.
// Counts the rows that arrive.
function prepare() {
  delete globalThis.SharedWorker;
  Math.random = () => 0;
  globalThis.arrived = 0;
  globalThis.EventSource = class extends EventSource {
    constructor(...args) {
      super(...args);
      super.addEventListener('change', ({ data }) => { globalThis.arrived += JSON.parse(data).changed?.length ?? 0; });
    }
  };
}

// The least of a few looks: what an event in progress holds is not the page's.
async function weigh(page, session) {
  const looks = [];
  while (looks.length < 5) {
    await page.waitForTimeout(200);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
    looks.push({ heap: usedSize, nodes, listeners: jsEventListeners });
  }
  const least = key => Math.min(...looks.map(look => look[key]));
  return { heap: least('heap'), nodes: least('nodes'), listeners: least('listeners') };
}

// go(n) goes on until n are done in all, and says how many there are.
async function follow(page, total, go) {
  const session = await page.context().newCDPSession(page);
  const begin = performance.now();
  const points = [];
  for (const share of shares) {
    const done = await go(total * Number(share));
    points.push({ done, seconds: (performance.now() - begin) / 1000, ...await weigh(page, session) });
  }
  return points;
}

async function untilArrived(page, count) {
  for (;;) {
    const arrived = await page.evaluate(() => globalThis.arrived);
    if (arrived >= count) return arrived;
    await page.waitForTimeout(50);
  }
}

// As when the reader goes back to this view: what the page does, too, when rows come, go or move. It says when it has.
function fetchAnew(count) {
  globalThis.fetched ??= 0;
  return new Promise(resolve => {
    const ask = () => dispatchEvent(new PopStateEvent('popstate'));
    const observer = new MutationObserver(() => {
      if (++globalThis.fetched < count) return void setTimeout(ask);
      observer.disconnect();
      resolve(globalThis.fetched);
    });
    observer.observe(document.getElementById('said'), { childList: true });
    ask();
  });
}

const browser = await launch();
const context = await browser.newContext();
await context.addInitScript(prepare);
let page = await openLive(await context.newPage(), url);
const changed = await follow(page, Number(changes), count => untilArrived(page, count));
await page.close();
page = await openLive(await context.newPage(), `${url}?sort=-level`);
const fetched = await follow(page, Number(refetches), count => page.evaluate(fetchAnew, count));
await browser.close();
console.log(JSON.stringify({ changes: changed, refetches: fetched }));
