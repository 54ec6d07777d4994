// Pictures of every state in every look: DIRECTORY/STATE-LOOK.png, and screenshot.png and screenshot-dark.png of the README.
// Usage: node screenshots.mjs DIRECTORY [STATE…]

import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { LOOKS, look, SHOWCASE, showcase, STATES } from './states.mjs';
import { closeBrowser, openPage, Scope } from './support.mjs';

const [directory, ...only] = process.argv.slice(2);

/** Half as large: hairlines of a page that is drawn small break. */
async function halve(file, scope) {
  const page = await openPage(scope, 'about:blank', { viewport: { width: 1180, height: 900 } });
  const url = `data:image/png;base64,${await readFile(file, 'base64')}`;
  await page.setContent(`<body style="margin:0"><img src="${url}" width="1180" height="900" style="display:block">`);
  await page.screenshot({ path: file });
}

async function shoot(name, enter, looks, { fullPage = false, half = false }) {
  const scope = new Scope();
  try {
    const page = await enter(scope);
    for (const [how, wanted] of Object.entries(looks)) {
      await look(page, wanted);
      const file = path.join(directory, `${[name, how].filter(Boolean).join('-')}.png`);
      await page.screenshot({ path: file, fullPage });
      if (half) await halve(file, scope);
    }
  } finally {
    await scope.end();
  }
}

try {
  await mkdir(directory, { recursive: true });
  const wanted = name => !only.length || only.includes(name);
  for (const [name, enter] of Object.entries(STATES)) {
    // A thousand rows: only what the first window shows.
    if (wanted(name)) await shoot(name, enter, LOOKS, { fullPage: name !== 'many' && name !== 'lost' });
  }
  if (wanted('screenshot')) await shoot('screenshot', showcase, { '': SHOWCASE.light, dark: SHOWCASE.dark }, { half: true });
} finally {
  await closeBrowser();
}
