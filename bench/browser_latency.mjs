// How long after the end of a probe its event is in a browser: prints the milliseconds, as JSON.
// Usage: node browser_latency.mjs SECONDS URL…
import { launch } from './chromium.mjs';

const [seconds, ...urls] = process.argv.slice(2);
const browser = await launch();
const delays = await Promise.all(urls.map(async url => {
  const page = await browser.newPage();
  await page.goto(`${url}assets/style.css`); // the same origin, without the dashboard's own stream
  return page.evaluate(seconds => new Promise(resolve => {
    const delays = [];
    const source = new EventSource('/api/v1/events');
    source.addEventListener('change', event => {
      const now = performance.timeOrigin + performance.now();
      for (const row of JSON.parse(event.data).changed)
        if (row.freshness === 'FRESH') delays.push(now - Date.parse(row.measured_at));
    });
    setTimeout(() => { source.close(); resolve(delays); }, seconds * 1000);
  }), Number(seconds));
}));
await browser.close();
console.log(JSON.stringify(delays.flat()));
