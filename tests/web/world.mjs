// A browser's window without a browser: its clock and timers move when the test says so, its transport is the test's.

import { setImmediate } from 'node:timers/promises';

/** Lets everything happen that waits for no timer. */
export async function settled() {
  for (let i = 0; i < 20; ++i) await setImmediate();
}

export class World extends EventTarget {
  time = 0;
  skew = 0;  // of the wall clock
  timers = new Map();
  performance = { now: () => this.time };
  Date = { now: () => this.time + this.skew };
  document = Object.assign(new EventTarget(), { hidden: false });
  setTimeout = (call, after, ...args) => this.#add({ call: () => call(...args), at: this.time + after });
  setInterval = (call, every) => this.#add({ call, at: this.time + every, every });
  clearTimeout = id => this.timers.delete(id);
  clearInterval = this.clearTimeout;

  #add(timer) {
    const id = this.timers.size + Math.random();
    this.timers.set(id, timer);
    return id;
  }

  /** Moves the clock by `milliseconds`, timer by timer. */
  async pass(milliseconds) {
    await settled();
    const end = this.time + milliseconds;
    for (;;) {
      const [id, timer] = [...this.timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (!timer || timer.at > end) break;
      this.time = Math.max(this.time, timer.at);
      if (timer.every) timer.at += timer.every;
      else this.timers.delete(id);
      timer.call();
      await settled();
    }
    this.time = end;
  }

  /** The machine sleeps: clocks move, timers do not. */
  sleep(milliseconds) {
    this.time += milliseconds;
  }

  hide(hidden) {
    this.document.hidden = hidden;
    this.document.dispatchEvent(new Event('visibilitychange'));
  }
}

/** Two ports; what one posts the other has in a moment, until it is closed. */
export class Channel {
  constructor() {
    [this.port1, this.port2] = [{}, {}];
    const join = (from, to) => Object.assign(from, {
      close: () => { from.closed = true; },
      postMessage: data => queueMicrotask(() => from.closed || to.closed || to.onmessage?.({ data: structuredClone(data) })),
    });
    join(this.port1, this.port2);
    join(this.port2, this.port1);
  }
}

/** An answer whose body the test writes with say(), breaks with end(). */
export function streamAnswer(signal) {
  let controller;
  const body = new ReadableStream({ start: given => { controller = given; } });
  signal.addEventListener('abort', () => { try { controller.error(new Error('aborted')); } catch { /* it has ended */ } });
  const say = text => controller.enqueue(new TextEncoder().encode(text));
  return { type: 'basic', status: 200, ok: true, headers: new Headers({ 'Content-Type': 'text/event-stream' }), body, say, end: () => controller.close() };
}
