// The states in which a page can be, each brought about in the real programs. A new page or state is one more line.
// STATES[name](t) resolves with a page that is in the state; `t` is a test or a Scope.

import { eventually, openPage, portalAlone, profiles, quick, vacancyUp, vacancyWithPast } from './support.mjs';

/** What the sources of a real installation say: provider, what it asks for, and its profiles. */
const SOURCES = [
  ['Amazon', 'spot', [
    { name: 'c5', level: 'HIGH', reason: 'spot placement score 9' },
    { name: 'c7a.48xlarge', level: 'HIGH', reason: 'spot placement score 8' },
    { name: 'hpc7g.16xlarge', level: 'MEDIUM', reason: 'spot placement score 5' },
    { name: 'p5.48xlarge', level: 'LOW', reason: 'spot placement score 1' },
  ]],
  ['Azure', 'quota', [
    { name: 'H16mr', level: 'HIGH', free: 24, total: 32, reason: 'quota in West Europe' },
    { name: 'HB176rs v4', level: 'MEDIUM', free: 2, total: 12, reason: 'quota in West Europe' },
    { name: 'ND96isr H100 v5', level: 'LOW', free: 0, total: 4, reason: 'quota in West Europe' },
  ]],
  ['Google', 'zones', [
    { name: 'a3-highgpu-8g', level: 'LOW', reason: 'none in europe-west4' },
    { name: 'c3-standard-176', level: 'HIGH', reason: 'offered in 3 of 3 zones' },
    { name: 'h3-standard-88', level: 'MEDIUM', reason: 'offered in 1 of 3 zones' },
    { name: 'z3-highmem-88', level: 'UNKNOWN', reason: 'not offered in our regions' },
  ]],
  ['our cluster', 'slurm', [
    { name: 'cpu', level: 'HIGH', free: 212, total: 640, reason: '14 jobs wait' },
    { name: 'gpu:a100', level: 'MEDIUM', free: 5, total: 32, reason: '6 jobs wait' },
    { name: 'gpu:h100', level: 'LOW', free: 0, total: 16, reason: '41 jobs wait' },
    { name: 'largemem', level: 'HIGH', free: 9, total: 12, reason: 'no job waits' },
  ]],
];

const SENTENCE = 'the quota service of eu-west answered 503 after 3 attempts, the last one over the proxy: upstream connect '
  + 'error or disconnect/reset before headers, reset reason: connection-timeout/of-the-second-kind';

/** The installation's configuration. options(provider) gives its probe further keys, and a `script` that may call `answer`. */
function fleet(options = () => ({})) {
  return {
    profiles: SOURCES.flatMap(([provider, , list]) => list.map(({ name }) => ({ provider, name }))),
    probes: SOURCES.map(([provider, name, list]) => {
      const { script = 'answer', ...others } = options(provider);
      const answers = list.map(({ name, ...answer }) => `'${name}') echo '${JSON.stringify(answer)}' ;;`);
      const command = ['sh', '-c', `answer() { case "$PROBE_NAME" in ${answers.join(' ')} esac; }; ${script}`];
      return { name, kind: 'exec', match: { provider }, ttl: '1h', timeout: '1s', command, ...others };
    }),
  };
}

const failing = {
  Azure: { ttl: '1s', expire_after: '1h', script: `[ ! -e "$PROBE_NAME" ] || { echo '${SENTENCE}' >&2; exit 70; }; touch "$PROBE_NAME"; answer` },
  Google: { script: 'echo "Traceback: no credentials" >&2; exit 1' },
};

const calm = { ...quick, ttl: '1h' };
const texts = (page, selector) => page.locator(selector).allTextContents();

/** Every row has been measured. */
export const measured = async page => {
  const ages = await texts(page, '#rows time');
  return ages.length > 0 && ages.every(text => / ago$|^just now$/.test(text));
};

async function up(t, config, { path = '', ready = measured, start = vacancyUp, ...options } = {}) {
  const vacancy = await start(t, config);
  const page = await openPage(t, vacancy.url + path, options);
  await eventually('the state', () => ready(page), 60_000);
  return Object.assign(page, { vacancy });
}

const drawn = async page => await page.locator('#history .timeline').count() === 1;
const failed = count => async page => (await texts(page, '#rows details')).length === count;
const blank = async page => await page.locator('.blank').count() === 1;

export const STATES = {
  rows: t => up(t, fleet()),
  few: t => up(t, { profiles: ['Amazon/c5', 'Azure/H16mr', 'our cluster/gpu:a100'], probes: [calm] }),
  many: t => up(t, { profiles: profiles(1000), probes: [calm] }, { path: '?limit=1000' }),
  grouped: t => up(t, fleet(), { path: '?q=c&level=HIGH&group=provider' }),
  nothing: t => up(t, fleet(), { path: '?q=tpu', ready: blank }),
  profile: t => up(t, fleet(), { path: 'profile/our%20cluster/gpu:a100', ready: drawn }),
  set: t => up(t, { ...fleet(), sets: { 'cfd-large': ['Google/h4*', 'Amazon/p5.48xlarge', 'Azure/HB*', 'our cluster/cpu', 'Google/z3*'], ml: ['our cluster/gpu:*'] } }, { path: 'set/cfd-large' }),
  'profile-failing': t => up(t, fleet(provider => failing[provider] ?? {}), { path: 'profile/Azure/H16mr', ready: async page => await failed(1)(page) && drawn(page) }),
  strips: t => up(t, fleet(), { start: vacancyWithPast }),
  'profile-history': t => up(t, fleet(), { start: vacancyWithPast, path: 'profile/our%20cluster/gpu:a100', ready: drawn }),
  history: t => up(t, fleet(), { start: vacancyWithPast, path: 'profile/our%20cluster/gpu:a100/history?days=90', ready: drawn }),
  day: t => up(t, fleet(), { start: vacancyWithPast, path: 'profile/Azure/H16mr/history?days=1', ready: drawn }),
  past: t => up(t, fleet(), { start: vacancyWithPast, path: `at?time=${new Date(Date.now() - 86_400_000).toISOString().slice(0, 16)}`, ready: async () => true }),
  // Browsers log such an answer as an error.
  problem: async t => Object.assign(await up(t, fleet(), { path: 'profile/our%20cluster/gpu:b200', ready: blank }), { problems: [] }),
  beyond: t => up(t, fleet(), { path: '?offset=100', ready: blank }),
  wall: t => up(t, fleet(), { path: '?wall=1' }),
  failing: t => up(t, fleet(provider => failing[provider] ?? {}), { ready: failed(7) }),
  async empty(t) {
    const page = await up(t, {});
    for (const [provider, name] of [['Amazon', 'c5'], ['Azure', 'H16mr']]) await page.vacancy.profile('remove', provider, name);
    await eventually('the empty state', () => blank(page));
    return page;
  },
  waiting: async t => openPage(t, (await portalAlone(t)).url),
  async stale(t) {
    const { hardware, url } = await portalAlone(t, fleet(() => ({ ttl: '1s', expire_after: '1h' })));
    const page = await openPage(t, url);
    await eventually('levels', () => measured(page));
    hardware.signal('SIGSTOP');
    await eventually('stale', async () => (await texts(page, '#rows .flag')).every(flag => flag === 'stale'));
    await eventually('not called live', async () => await page.locator('#live').textContent() === 'Connected, no fresh values');
    return page;
  },
  async lost(t) {
    const page = await STATES.rows(t);
    await page.vacancy.program.stop();
    await eventually('the banner', async () => await page.locator('#connection p').count() === 1);
    return page;
  },
};

/** As the README shows it: measured at different times, and the whole page, 2360 × 1800 pixels. */
export const showcase = t => up(t, fleet(() => ({ ttl: '40s' })), {
  deviceScaleFactor: 1.6,
  ready: async page => new Set(await texts(page, '#rows time')).size > 10 && page.evaluate(() => document.getAnimations().length === 0),
});
export const SHOWCASE = Object.fromEntries(['light', 'dark'].map(colorScheme => [colorScheme, { width: 1475, height: 1125, colorScheme }]));

/** How a page is looked at. Set on a page that is open, since states take seconds to enter. */
export const LOOKS = {
  wide: { width: 1440, height: 900, colorScheme: 'light' },
  dark: { width: 1440, height: 900, colorScheme: 'dark' },
  narrow: { width: 390, height: 844, colorScheme: 'light' },
};

export async function look(page, { width, height, colorScheme }) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
}
