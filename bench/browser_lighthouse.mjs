// Lighthouse's scores: prints a list of {url, form, scores}, medians of RUNS, as JSON; what cost points, on standard error.
// Usage: node browser_lighthouse.mjs RUNS URL…
import { createRequire } from 'node:module';

import { executablePath, flags } from './chromium.mjs';

const require = createRequire(new URL('lighthouse/package.json', import.meta.url));
const { default: lighthouse, desktopConfig } = await import(require.resolve('lighthouse'));
const { launch } = await import(require.resolve('chrome-launcher'));

const [runs, ...urls] = process.argv.slice(2);
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const FORMS = { mobile: undefined, desktop: desktopConfig };

function explain(form, { finalDisplayedUrl, categories, audits, runWarnings }) {
  for (const warning of runWarnings) console.error(finalDisplayedUrl, form, warning);
  for (const { id, auditRefs } of Object.values(categories)) {
    for (const ref of auditRefs) {
      const { score, displayValue = '' } = audits[ref.id];
      if (ref.weight && score !== null && score < 1) console.error(finalDisplayedUrl, form, id, ref.id, score, displayValue);
    }
  }
}

async function measure(url, form) {
  const chrome = await launch({ chromePath: executablePath, chromeFlags: [...flags, '--headless=new'] });
  const options = { port: chrome.port, logLevel: 'error', onlyCategories: CATEGORIES };
  const { lhr } = await lighthouse(url, options, FORMS[form]);
  await chrome.kill();
  explain(form, lhr);
  return CATEGORIES.map(category => Math.round(lhr.categories[category].score * 100));
}

const median = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const results = [];
for (const url of urls) {
  for (const form of Object.keys(FORMS)) {
    const scores = [];
    while (scores.length < Number(runs)) scores.push(await measure(url, form));
    results.push({ url, form, scores: CATEGORIES.map((_, i) => median(scores.map(each => each[i]))) });
  }
}
console.log(JSON.stringify(results));
