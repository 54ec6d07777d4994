// A page's states while it follows its stream, and their transitions. No document, no clock.

import { older } from './version.js';

// shown: changes go into the rows. waiting: they do, too, but rows have other places and move when nobody is at them.
// fetching: the page is requested, and changes are held until it is here. again: likewise, but that page is too old.
export const STEPS = {
  shown: { renew: 'fetching', misplaced: 'waiting' },
  waiting: { renew: 'fetching', inPlace: 'shown' },
  fetching: { renew: 'again', misplaced: 'waiting', inPlace: 'shown' },
  again: { misplaced: 'waiting', inPlace: 'shown' },
};

const MOST_HELD = 256;
const NO_STREAM = 8_000;    // from then on the page asks by itself
const POLL = 5_000;
const GROUPS = 5_000;       // between fetches for the counts of groups
const JITTER = 500;
const BACKOFF_MAX = 30_000;

export class Follower {
  state = 'shown';
  held = [];      // changes that arrive while the page is being fetched
  asked = false;  // the reader waits for another view
  polledAt = -Infinity;
  groupsAt = -Infinity;
  wake = () => {};  // ends the pause before the next attempt

  // screen is the page, as live.js has it; world has performance and setTimeout().
  constructor(screen, version, world = globalThis) {
    Object.assign(this, { screen, version, world });
  }

  step(input) {
    this.state = STEPS[this.state][input] ?? this.state;
    this.screen.offerToSort(this.state === 'waiting');
  }

  get isFetching() {
    return this.state === 'fetching' || this.state === 'again';
  }

  change(id, data) {
    if (this.isFetching) return this.hold(id, data);
    if (older(id, this.version)) return;  // the page, from another replica, is ahead of the stream
    const { screen } = this;
    const { changed = [], removed = [], counts } = data;
    if (screen.whole && changed.length + removed.length) return this.renew(id);  // other rows change the counts only
    this.version = id;
    screen.showVersion(id);
    if (!changed.every(json => screen.apply(json))) return this.renew(id);
    if (removed.length && screen.isHeld()) this.step('misplaced');
    for (const each of removed) screen.remove(each, this.state === 'waiting');
    const now = this.world.performance.now();
    if (!counts || !screen.count(counts) || now - this.groupsAt <= GROUPS) return;
    this.groupsAt = now;
    this.renew(id);
  }

  // The page that is being fetched must show more changes than are held.
  hold(id, data) {
    this.held.push([id, data]);
    if (this.held.length < MOST_HELD) return;
    this.held = [];
    this.want(id);
  }

  // A fetched page must be as new.
  want(id) {
    if (!older(id, this.wanted)) this.wanted = id;
  }

  // The reader asked for another view, or another order.
  ask() {
    this.asked = true;
    this.renew(this.version, 0);
    this.wake();
  }

  async renew(id, jitter = JITTER) {
    this.want(id);
    const late = this.isFetching;
    this.step('renew');
    if (late) return;
    this.held = [];
    await new Promise(resolve => this.world.setTimeout(resolve, Math.random() * jitter));
    const before = this.screen.levels();
    const waits = await this.refetch();
    const { held, asked, state } = this;
    if (state !== 'again') this.asked = false;
    this.show(waits, before, asked && state !== 'again');
    this.screen.watch();
    for (const [id, data] of held) this.change(id, data);
    if (state === 'again') this.renew(this.wanted);
  }

  // Another replica may still be behind the newest version seen, so an older page is asked for again.
  // Resolves with whether rows wait to be moved; undefined when the view cannot be shown.
  async refetch() {
    for (let attempt = 0; ; attempt++) {
      try {
        const page = await this.screen.fetch();
        if (!older(page.version, this.wanted)) return page.swap(!this.asked && this.screen.isHeld());
      } catch (error) {
        this.screen.failed(error);
        if (error.refused) return;
      }
      if (await this.pause(Math.min(BACKOFF_MAX, JITTER * 2 ** attempt) * (0.5 + Math.random()))) attempt = -1;
    }
  }

  // Resolves with whether it was cut short.
  pause(milliseconds) {
    return new Promise(resolve => {
      this.wake = () => resolve(true);
      this.world.setTimeout(resolve, milliseconds, false);
    });
  }

  show(waits, before, asked) {
    this.step(waits ? 'misplaced' : 'inPlace');
    this.version = this.screen.adopt();
    this.screen.tick();
    this.screen.tell(before, asked);
  }

  // Without a stream, as behind a proxy that holds answers back.
  async poll() {
    this.polledAt = this.world.performance.now();
    if (this.isFetching) return;
    const before = this.screen.levels();
    try {
      const page = await this.screen.fetch();
      const waits = page.swap(this.screen.isHeld());
      if (this.isFetching) return;
      this.show(waits, before, false);
      this.screen.polled('answered');
    } catch (error) {
      this.screen.polled(error.signin ? 'login' : 'failed');
    }
  }

  tick(withoutStreamFor) {
    if (withoutStreamFor > NO_STREAM && this.world.performance.now() - this.polledAt > POLL) this.poll();
    if (this.state === 'waiting' && !this.screen.isHeld()) this.renew(this.version, 0);
  }
}
