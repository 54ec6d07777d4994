// Carries the views of all windows of a browser over one connection, since browsers open six to a host at most.
// Runs in the SharedWorker, or inside the page where there is none.
//
// A tab sends {type: 'watch', url, query, since} and repeats it as a heartbeat, {type: 'reopen'} when it doubts the
// connection, and {type: 'leave'}. It receives {type: 'state', state, forMs}, {type: 'event', event, id, data} and
// {type: 'refetch', id}. A state is 'open', 'connecting', or 'signin': a login page is where the stream was.

import { older, sameEpoch } from './version.js';

const LINGER = 2_000;       // a reload or a quick look at another tab keeps the view
const SETTLE = 50;          // views that come together are asked for together
const DEAD = 50_000;        // a tab that crashed sends no heartbeat
const LOG = 256;            // events kept for tabs that join later
const SILENT = 8_500;       // two of the server's heartbeats
const PING = 15_000;        // a hidden tab has slow timers: messages make it answer
const BACKOFF_MAX = 8_000;

// One view, and the tabs that show it.
class View {
  members = new Map();
  log = [];

  constructor(query, since) {
    Object.assign(this, { query, base: since, last: since });
  }

  get parameter() {
    return `view=${encodeURIComponent(`${this.query}&since=${encodeURIComponent(this.last)}`)}`;
  }

  join(port, since) {
    if (since !== this.base && (older(since, this.base) || !sameEpoch(since, this.base))) {
      return port.postMessage({ type: 'refetch', id: this.last });
    }
    // A view carries the id of the event before it, so a page with that id may still lack it.
    for (const message of this.log) {
      if (older(since, message.id) || (message.event === 'view' && message.id === since)) port.postMessage(message);
    }
  }

  got(event, id, data) {
    this.last = id || this.last;
    const message = { type: 'event', event, id: this.last, data };
    if (event === 'snapshot') {
      // The server could not resume. Its rows are not used: the page itself is the better snapshot.
      if (JSON.parse(data).phase !== 'end') return;
      this.log = [];
      this.base = this.last;
    } else {
      this.log.push(message);
      if (this.log.length > LOG) this.base = this.log.shift().id;
    }
    for (const port of this.members.keys()) port.postMessage(message);
  }
}

// The events of a stream, {event, id, data} each.
async function* eventsOf(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map(line => line.split(/: ?(.*)/s, 2)));
      if (fields.event) yield fields;
    }
  }
}

const isLogin = ({ type, status, ok, headers }) => type === 'opaqueredirect' || status === 401 || status === 403
  || (ok && (headers.get('Content-Type') ?? '').startsWith('text/html'));

class Line {
  views = new Map();
  state = 'connecting';
  attempts = 0;

  constructor(url, world, closed) {
    Object.assign(this, { url, world, closed });
    this.changedAt = this.heardAt = this.pingedAt = world.performance.now();
    this.watching = this.world.setInterval(() => this.look(), 1_000);
    this.online = () => this.reopen();
    this.world.addEventListener('online', this.online);
  }

  join(port, query, since) {
    let view = this.views.get(query);
    if (!view) {
      this.views.set(query, view = new View(query, since));
      this.world.clearTimeout(this.settling);
      this.settling = this.world.setTimeout(() => this.reopen(), this.abort ? SETTLE : 0);
    }
    const joined = !view.members.has(port);
    view.members.set(port, this.world.performance.now());
    view.emptyAt = undefined;
    port.postMessage(this.told());
    if (!joined) return view;
    if (this.status) port.postMessage(this.status);
    view.join(port, since);
    return view;
  }

  // Two heartbeats missed, or no answer for as long: the network may have died without a word.
  look() {
    const now = this.world.performance.now();
    for (const view of this.views.values()) {
      for (const [port, seen] of view.members) if (now - seen > DEAD) view.members.delete(port);
      if (view.members.size) continue;
      view.emptyAt ??= now;
      if (now - view.emptyAt >= LINGER) this.views.delete(view.query);
    }
    if (!this.views.size) return this.close();
    if (now - this.pingedAt >= PING) {
      this.pingedAt = now;
      this.send(this.told());
    }
    const asked = this.asked?.every(view => this.views.get(view.query) === view);
    if (this.abort && (now - this.heardAt > SILENT || !asked)) this.reopen();
  }

  close() {
    this.world.clearInterval(this.watching);
    this.world.clearTimeout(this.retry);
    this.world.clearTimeout(this.settling);
    this.world.removeEventListener('online', this.online);
    this.abort?.abort();
    this.closed();
  }

  reopen() {
    this.world.clearTimeout(this.retry);
    this.abort?.abort();
    this.abort = undefined;
    if (this.views.size) this.open();
  }

  // fetch() tells what an EventSource keeps to itself: a redirect, a status, the bytes of a heartbeat.
  async open() {
    const abort = this.abort = new AbortController();
    const asked = this.asked = [...this.views.values()];
    this.heardAt = this.world.performance.now();
    try {
      const response = await this.world.fetch(`${this.url}?${asked.map(view => view.parameter).join('&')}`, {
        signal: abort.signal, redirect: 'manual', cache: 'no-store', headers: { Accept: 'text/event-stream' },
      });
      if (isLogin(response)) this.setState('signin', abort);
      else if (response.ok && response.body) await this.read(response.body, asked, abort);
    } catch {
      // As when it ended.
    }
    if (abort.signal.aborted) return;
    abort.abort();  // its body, if it has another one, is not for us
    this.abort = undefined;
    if (this.state === 'open') this.setState('connecting');
    // Jitter keeps the visitors of a restarted server apart.
    this.retry = this.world.setTimeout(() => this.reopen(), Math.min(BACKOFF_MAX, 1_000 * 2 ** this.attempts++) * (0.5 + Math.random() / 2));
  }

  async read(body, asked, abort) {
    let at = 0;
    let fresh = true;
    const heard = () => {
      this.heardAt = this.world.performance.now();
      this.attempts = 0;
      this.setState('open', abort);
      if (fresh) this.tell('status', '{"outage":null}');  // else the server says so at once
      fresh = false;
    };
    for await (const { event, id, data } of eventsOf(body, heard)) {
      if (abort.signal.aborted) return;
      if (event === 'for') at = Number(data);
      else if (event === 'status' || event === 'heartbeat') this.tell(event, data);
      else asked[at]?.got(event, id, data);
    }
  }

  // Of the connection, or the sides beyond the server.
  tell(event, data) {
    const message = { type: 'event', event, data };
    if (event === 'status') this.status = message;
    this.send(message);
  }

  setState(state, abort) {
    if (abort?.signal.aborted || state === this.state) return;
    this.state = state;
    this.changedAt = this.world.performance.now();
    this.send(this.told());
  }

  told() {
    return { type: 'state', state: this.state, forMs: this.world.performance.now() - this.changedAt };
  }

  send(message) {
    for (const view of this.views.values()) for (const port of view.members.keys()) port.postMessage(message);
  }
}

export class Hub {
  lines = new Map();

  // world has the clock, timers and fetch() of a browser.
  constructor(world = globalThis) {
    this.world = world;
  }

  lineTo(url) {
    if (!this.lines.has(url)) this.lines.set(url, new Line(url, this.world, () => this.lines.delete(url)));
    return this.lines.get(url);
  }

  attach(port) {
    let line;
    let view;
    port.onmessage = ({ data: { type, url, query, since } }) => {
      if (type === 'reopen') {
        line?.setState('connecting');
        return line?.reopen();
      }
      if (view && (type === 'leave' || view.query !== query)) view.members.delete(port);
      if (type === 'leave') return void (view = undefined);
      line = this.lineTo(url);
      view = line.join(port, query, since);
    };
  }
}
