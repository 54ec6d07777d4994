// This tab's end of the event stream: watches while the tab is visible.

import { attach } from './hub.js';

const HEARTBEAT = 15_000;
const SILENT = 40_000;  // the hub answers heartbeats; without answers the worker is gone

// url() names the stream, version() the state that the page shows. handlers: state, event, refetch, each called with the hub's message.
export function connect(url, version, handlers) {
  let port;
  let beat;
  let heardAt;

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
    const worker = new SharedWorker(new URL('./stream-worker.js', import.meta.url), { type: 'module', name: 'vacancy-2' });
    worker.onerror = useOwnHub;
    use(worker.port);
  }

  function watch() {
    port.postMessage({ type: 'watch', url: url(), since: version() });
  }

  function heartbeat() {
    if (performance.now() - heardAt > SILENT) return useOwnHub();
    watch();
  }

  function follow() {
    clearInterval(beat);
    if (document.hidden) return port.postMessage({ type: 'leave' });
    heardAt = performance.now();
    beat = setInterval(heartbeat, HEARTBEAT);
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
    port.postMessage({ type: 'leave' });
  });

  return { check: () => port.postMessage({ type: 'check' }), watch };
}
