// Shares event streams among tabs: one EventSource per distinct URL, open while a visible tab wants it.
// Runs in the SharedWorker, or inside the page where there is none.
//
// A tab sends {type: 'watch', url, since} and repeats it as a heartbeat, {type: 'check'} when it doubts the stream, and
// {type: 'leave'}. It receives {type: 'state', open, forMs}, {type: 'event', event, id, data} and {type: 'refetch', id}.

import { older, sameEpoch } from './version.js';

const LINGER = 2_000;       // a reload or a quick look at another tab keeps the stream
const DEAD = 50_000;        // a tab that crashed sends no heartbeat
const LOG = 256;            // events kept for tabs that join later
const QUIET = 20_000;       // a stream that spoke this recently is not doubted
const BACKOFF_MAX = 30_000;

class Feed {
  members = new Map();
  log = [];
  attempts = 0;
  open = false;
  changedAt = performance.now();
  heardAt = performance.now();

  constructor(url, since, onIdle) {
    Object.assign(this, { url, base: since, last: since, onIdle });
    this.sweeper = setInterval(() => this.sweep(), DEAD / 3);
    this.online = () => this.reopen();
    addEventListener('online', this.online);
    this.reopen();
  }

  join(port, since) {
    const joined = !this.members.has(port);
    this.members.set(port, performance.now());
    clearTimeout(this.idle);
    port.postMessage(this.state());
    if (!joined) return;
    if (this.status) port.postMessage(this.status);
    if (since !== this.base && (older(since, this.base) || !sameEpoch(since, this.base))) {
      return port.postMessage({ type: 'refetch', id: this.last });
    }
    // A view carries the id of the event before it, so a page with that id may still lack it.
    for (const message of this.log) {
      if (older(since, message.id) || (message.event === 'view' && message.id === since)) port.postMessage(message);
    }
  }

  leave(port) {
    this.members.delete(port);
    if (this.members.size) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.close(), LINGER);
  }

  sweep() {
    for (const [port, seen] of this.members) if (performance.now() - seen > DEAD) this.leave(port);
  }

  close() {
    clearInterval(this.sweeper);
    clearTimeout(this.retry);
    removeEventListener('online', this.online);
    this.source.close();
    this.onIdle();
  }

  reopen() {
    clearTimeout(this.retry);
    this.source?.close();
    this.setOpen(false);
    this.source = new EventSource(`${this.url}&since=${encodeURIComponent(this.last)}`);
    this.source.onopen = () => {
      this.attempts = 0;
      this.heardAt = performance.now();
      this.setOpen(true);
      this.tell({ type: 'event', event: 'status', id: this.last, data: '{"outage":null}' });  // else the server says so first
    };
    this.source.onerror = () => {
      this.setOpen(false);
      if (this.source.readyState === EventSource.CLOSED) this.reopenLater();
    };
    for (const name of ['status', 'change', 'view', 'snapshot']) this.source.addEventListener(name, event => this.got(event));
  }

  // EventSource gives up for good on an HTTP error; jitter keeps the visitors of a restarted server apart.
  reopenLater() {
    const delay = Math.min(BACKOFF_MAX, 1_000 * 2 ** this.attempts++);
    this.retry = setTimeout(() => this.reopen(), delay * (0.5 + Math.random()));
  }

  // A connection can die without a word, and comment lines are invisible to scripts.
  check() {
    if (this.open && performance.now() - this.heardAt > QUIET) this.reopen();
  }

  got(event) {
    this.heardAt = performance.now();
    this.last = event.lastEventId || this.last;
    const message = { type: 'event', event: event.type, id: this.last, data: event.data };
    if (event.type === 'status') return this.tell(message);
    if (event.type === 'snapshot') {
      // The server could not resume. Its rows are not used: the page itself is the better snapshot.
      if (JSON.parse(event.data).phase !== 'end') return;
      this.log = [];
      this.base = this.last;
    } else {
      this.log.push(message);
      if (this.log.length > LOG) this.base = this.log.shift().id;
    }
    this.send(message);
  }

  // Of the sides beyond the server.
  tell(status) {
    this.status = status;
    this.send(status);
  }

  setOpen(open) {
    if (open === this.open) return;
    this.open = open;
    this.changedAt = performance.now();
    this.send(this.state());
  }

  state() {
    return { type: 'state', open: this.open, forMs: performance.now() - this.changedAt };
  }

  send(message) {
    for (const port of this.members.keys()) port.postMessage(message);
  }
}

const feeds = new Map();

export function attach(port) {
  let feed;
  const leave = () => {
    feed?.leave(port);
    feed = undefined;
  };
  port.onmessage = ({ data: { type, url, since } }) => {
    if (type === 'leave') return leave();
    if (type === 'check') return feed?.check();
    if (feed?.url !== url) leave();
    if (!feeds.has(url)) feeds.set(url, new Feed(url, since, () => feeds.delete(url)));
    feed = feeds.get(url);
    feed.join(port, since);
  };
}
