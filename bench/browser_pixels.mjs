// How long after the end of a probe the dashboard shows its new level: prints the milliseconds, as JSON.
// Usage: node browser_pixels.mjs SECONDS URL…
import { launch, openLive } from './chromium.mjs';

const [seconds, ...urls] = process.argv.slice(2);

// A level that was written into the page is on the screen at the end of the next frame.
function watch(seconds) {
  const delays = [];
  const changed = new Set();
  const shown = () => {
    const now = performance.timeOrigin + performance.now();
    for (const row of changed) {
      if (row.matches('.fresh')) delays.push(now - Date.parse(row.querySelector('time').dateTime));
    }
    changed.clear();
  };
  const observer = new MutationObserver(records => {
    const levels = records.filter(({ target }) => target.matches('.level b'));
    if (levels.length && !changed.size) requestAnimationFrame(() => setTimeout(shown));
    for (const { target } of levels) changed.add(target.closest('tr'));
  });
  observer.observe(document.getElementById('view'), { subtree: true, childList: true });
  return new Promise(resolve => setTimeout(() => resolve(delays), seconds * 1000));
}

const browser = await launch();
const delays = await Promise.all(urls.map(async url => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 5000 } });  // so that every row is painted
  await openLive(page, url);
  return page.evaluate(watch, Number(seconds));
}));
await browser.close();
console.log(JSON.stringify(delays.flat()));
