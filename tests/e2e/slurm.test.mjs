// A change on a real Slurm cluster reaches the browser.

import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { closeBrowser, eventually, level, openPage, vacancyUp } from './support.mjs';

after(closeBrowser);

const run = promisify(execFile);
const TTL_MS = 5000;

/** A cluster of two nodes with GPUs and two without; ends with the test. Returns the path of its slurm.conf. */
async function cluster(t) {
  const script = fileURLToPath(new URL('../support/slurm_cluster.py', import.meta.url));
  const child = spawn('python3', ['-B', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise(resolve => child.once('exit', resolve));
  t.after(() => {
    child.stdin.end();
    return ended;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('export SLURM_CONF=')) return line.slice('export SLURM_CONF='.length).trim();
  }
  throw new Error('the cluster does not start');
}

const skip = !existsSync('/usr/sbin/slurmctld') && 'no slurmctld: script/bootstrap test installs it';

test('a drained node, a job and their end show', { skip }, async t => {
  const conf = await cluster(t);
  const slurm = (...command) => run(command[0], command.slice(1), { env: { ...process.env, SLURM_CONF: conf } });
  const { url } = await vacancyUp(t, {
    probes: [{
      name: 'cluster', kind: 'slurm', match: { provider: 'our-cluster' }, ttl: `${TTL_MS}ms`, timeout: '15s', conf,
      discover: true, levels: { high: { free: 8 }, medium: { free: 1 } },
    }],
  });
  const page = await openPage(t, url);
  await eventually('the partition is discovered and free', async () => await level(page, 'gpu:a100') === 'HIGH');
  const times = [];
  const change = async (wanted, ...command) => {
    const begin = Date.now();
    const { stdout } = await slurm(...command);
    await eventually(wanted, async () => await level(page, 'gpu:a100') === wanted);
    times.push(Date.now() - begin);
    return stdout;
  };
  for (let round = 0; round < 2; ++round) {
    await change('MEDIUM', 'scontrol', 'update', 'NodeName=gpu1', 'State=DRAIN', 'Reason=fans');
    await change('HIGH', 'scontrol', 'update', 'NodeName=gpu1', 'State=RESUME');
    const job = await change('LOW', 'sbatch', '--parsable', '-p', 'gpu', '-N', '2', '--exclusive', '-o', '/dev/null', '--gres=gpu:a100:4', '--wrap', 'sleep 600');
    await change('HIGH', 'scancel', job.trim());
  }
  t.diagnostic(`ms from the change to the browser: ${times.join(', ')}`);
});
