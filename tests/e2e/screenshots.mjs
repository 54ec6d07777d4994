// Pictures of every state in every look: DIRECTORY/STATE-LOOK.png, and screenshot.png and screenshot-dark.png of the README.
// Usage: node screenshots.mjs DIRECTORY [STATE…]

import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { LOOKS, look, showcase, STATES } from './states.mjs';
import { closeBrowser, Scope } from './support.mjs';

const [directory, ...only] = process.argv.slice(2);
const README = { '': { ...LOOKS.wide, width: 1180, height: 900 }, dark: { ...LOOKS.dark, width: 1180, height: 900 } };

async function shoot(name, enter, looks, options) {
  const scope = new Scope();
  try {
    const page = await enter(scope);
    for (const [how, wanted] of Object.entries(looks)) {
      await look(page, wanted);
      await page.screenshot({ path: path.join(directory, `${[name, how].filter(Boolean).join('-')}.png`), ...options });
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
  if (wanted('screenshot')) await shoot('screenshot', showcase, README);
} finally {
  await closeBrowser();
}
