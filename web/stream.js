// This tab's end of the connection: watches while the tab is visible.

import { attach } from './hub.js';

const HEARTBEAT = 15_000;
const SILENT = 40_000;  // the hub answers heartbeats; without answers the worker is gone
const JUMP = 2_000;     // the clocks differ: one was set, or stood while the machine slept
const PAUSE = 5_000;    // no timer is so late: the machine slept

// events() is {url, query} of the stream, version() the state that the page shows. handlers: state, event, refetch, each
// called with the hub's message.
export function connect(events, version, handlers) {
  let port;
  let beat;
  let compare;
  let heardAt;
  let wall;
  let steady;

  function use(next) {
    port?.close();
    port = next;
    heardAt = performance.now();
    port.onmessage = ({ data }) => {
      heardAt = performance.now();
      handlers[data.type](data);
    };
  }

  function useOwnHub() {
    const channel = new MessageChannel();
    attach(channel.port2);
    use(channel.port1);
    follow();
  }

  function useWorker() {
    // The name changes with the messages' format: a worker of an older release lives as long as its oldest tab.
    const worker = new SharedWorker(new URL('./stream-worker.js', import.meta.url), { type: 'module', name: 'vacancy-3' });
    worker.onerror = useOwnHub;
    use(worker.port);
  }

  function watch() {
    port.postMessage({ type: 'watch', ...events(), since: version() });
  }

  function heartbeat() {
    if (performance.now() - heardAt > SILENT) return useOwnHub();
    watch();
  }

  function compareClocks() {
    const [byWall, bySteady] = [Date.now() - wall, performance.now() - steady];
    [wall, steady] = [Date.now(), performance.now()];
    if (Math.abs(byWall - bySteady) > JUMP || bySteady > PAUSE) port.postMessage({ type: 'reopen' });
  }

  function follow() {
    clearInterval(beat);
    clearInterval(compare);
    if (document.hidden) return port.postMessage({ type: 'leave' });
    heardAt = performance.now();
    beat = setInterval(heartbeat, HEARTBEAT);
    [wall, steady] = [Date.now(), performance.now()];
    compare = setInterval(compareClocks, 1_000);
    watch();
  }

  try {
    useWorker();
    follow();
  } catch {
    useOwnHub();
  }
  document.addEventListener('visibilitychange', follow);
  addEventListener('pageshow', event => event.persisted && follow());
  addEventListener('pagehide', () => {
    clearInterval(beat);
    clearInterval(compare);
    port.postMessage({ type: 'leave' });
  });

  return { watch };
}
