// This tab's end of the connection: watches while the tab is visible.

import { Hub } from './hub.js';

const HEARTBEAT = 15_000;
const SILENT = 40_000;  // the hub answers heartbeats; without answers the worker is gone
const JUMP = 2_000;     // the clocks differ: one was set, or stood while the machine slept
const PAUSE = 5_000;    // no timer is so late: the machine slept

// events() is {url, query} of the stream, version() the state that the page shows. handlers: state, event, refetch, each
// called with the hub's message; isAway() says whether a hidden tab may leave. world is the window.
export function connect(events, version, handlers, world = globalThis) {
  const steady = () => world.performance.now();
  let port;
  let own;
  let timer;
  let heardAt;
  let askedAt;
  let before;

  function use(next) {
    port?.close();
    port = next;
    heardAt = steady();
    port.onmessage = ({ data }) => {
      heardAt = steady();
      handlers[data.type](data);
      if (timer && world.document.hidden) look();  // its timers are slow: once a minute
    };
  }

  function useOwnHub() {
    const channel = new world.MessageChannel();
    own ??= new Hub(world);
    own.attach(channel.port2);
    use(channel.port1);
    follow();
  }

  function useWorker() {
    // The name changes with the messages' format: a worker of an older release lives as long as its oldest tab.
    const worker = new world.SharedWorker(new URL('./stream-worker.js', import.meta.url), { type: 'module', name: 'vacancy-3' });
    worker.onerror = useOwnHub;
    use(worker.port);
    follow();
  }

  function watch() {
    askedAt = steady();
    port.postMessage({ type: 'watch', ...events(), since: version() });
  }

  const clocks = () => ({ wall: world.Date.now(), steady: steady() });

  function look() {
    const now = clocks();
    const [byWall, bySteady] = [now.wall - before.wall, now.steady - before.steady];
    before = now;
    const slept = bySteady > PAUSE && !world.document.hidden;
    if (Math.abs(byWall - bySteady) > JUMP || slept) port.postMessage({ type: 'reopen' });
    if (bySteady > PAUSE) heardAt = now.steady;  // nobody could answer meanwhile
    if (now.steady - askedAt < HEARTBEAT) return;
    if (now.steady - heardAt > SILENT) useOwnHub();
    else watch();
  }

  function leave() {
    world.clearInterval(timer);
    timer = undefined;
    port.postMessage({ type: 'leave' });
  }

  function follow() {
    if (handlers.isAway()) return leave();
    world.clearInterval(timer);
    heardAt = steady();
    before = clocks();
    timer = world.setInterval(look, 1_000);
    watch();
  }

  try {
    useWorker();
  } catch {
    useOwnHub();
  }
  world.document.addEventListener('visibilitychange', follow);
  world.addEventListener('pageshow', event => event.persisted && follow());
  world.addEventListener('pagehide', leave);

  return { watch };
}
