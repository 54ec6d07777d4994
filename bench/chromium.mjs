// The browser of the benchmarks: Debian's Chromium, driven by the tests' Playwright.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../tests/e2e/package.json', import.meta.url));
const { chromium } = require('playwright-core');

export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch(...further) {
  return chromium.launch({ executablePath, args: [...flags, ...further] });
}

/** The dashboard, once its event stream is open. */
export async function openLive(page, url) {
  await page.goto(url);
  await page.locator('#live:is(.on, .blind)').waitFor();
  return page;
}
