// The states of the connection for the reader, and their transitions. No document, no clock.

// The stream is open, connecting or has a login page in its place (signin). Where none opens, the page is asked for: it comes
// (answered), does not (failed), or is a login page (login).
export const STEPS = {
  connecting: { open: 'live', signin: 'signedOut', answered: 'polling', login: 'signedOut' },
  live: { connecting: 'reconnecting', signin: 'signedOut' },
  reconnecting: { open: 'live', signin: 'signedOut', answered: 'polling', login: 'signedOut' },
  polling: { open: 'live', signin: 'signedOut', failed: 'reconnecting', login: 'signedOut' },
  signedOut: { open: 'live', connecting: 'reconnecting', answered: 'polling' },
};

const WORDS = {
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  polling: 'No live stream here: asking every 5 s',
  signedOut: 'Signed out',
};

const GRACE = 5_000;  // a redeploy reconnects sooner than this: no alarm

export class Connection {
  state = 'connecting';
  blind = false;  // no value is fresh: Vacancy itself sees nothing
  why = '';       // the probes' part in that
  outage = null;  // the side of the chain that is away: {message, since}

  constructor(now) {
    this.since = now;
  }

  // Returns whether it has come back.
  step(input, since = this.since) {
    const before = this.state;
    this.state = STEPS[before][input] ?? before;
    this.since = since;
    return this.state === 'live' && before !== 'live';
  }

  // Since when there is no stream, in milliseconds; 0 while there is one.
  lostFor(now) {
    return this.state === 'live' ? 0 : now - this.since;
  }

  get isConnecting() {
    return this.state === 'connecting' || this.state === 'reconnecting';
  }

  get word() {
    if (this.state !== 'live') return WORDS[this.state];
    return this.blind ? 'Connected, no fresh values' : this.outage ? 'Connected, no news' : WORDS.live;
  }

  // The banner: 'signin', 'lost', 'outage', 'blind', 'none', or undefined while the last one may still be right.
  banner(now) {
    if (this.state === 'signedOut') return 'signin';
    if (this.state !== 'polling' && this.lostFor(now) >= GRACE) return 'lost';
    if (this.outage) return 'outage';
    if (this.why) return 'blind';
    return this.state === 'live' || this.state === 'polling' ? 'none' : undefined;
  }
}
