// What a reader wants to be told of, and when it has come about. No document, no clock.

const LEVELS = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH'];
const GAP = 90_000;  // looks further apart than a hidden tab's show nothing of the time between

const satisfies = (row, wanted) => (wanted === 'taken' ? row.taken : LEVELS.indexOf(row.level) >= LEVELS.indexOf(wanted));

// Does one of `rows` satisfy? Undefined when nobody knows: one did before it grew stale, or none is known.
function reaches(rows, wanted) {
  const known = rows.filter(({ level, freshness }) => freshness === 'FRESH' && level !== 'UNKNOWN');
  if (known.some(row => satisfies(row, wanted))) return true;
  return known.length && !rows.some(row => row.freshness === 'STALE' && satisfies(row, wanted)) ? false : undefined;
}

// It is told once when it has come about, and again only after it was over, each for `minutes` without interruption. A time
// of which nothing is known neither counts nor ends it.
export class Wish {
  told = false;

  // event: a level to be reached, 'HIGH', or to be left, '-HIGH'; likewise 'taken', of a set.
  constructor(event, minutes) {
    Object.assign(this, { event, minutes });
  }

  static from(kept) {
    return Object.assign(new Wish(), kept);
  }

  get leaves() {
    return this.event.startsWith('-');
  }

  get wanted() {
    return this.event.replace('-', '');
  }

  // Takes the rows as they are at `now`, {level, freshness, taken} each. Returns whether to tell.
  look(rows, now) {
    const reached = reaches(rows, this.wanted);
    const holds = reached === undefined ? undefined : reached !== this.leaves;
    if (holds !== this.holds || !(Math.abs(now - this.seenAt) <= GAP)) Object.assign(this, { holds, since: now });
    this.seenAt = now;
    if (holds === undefined || holds === this.told || now - this.since < this.minutes * 60_000) return false;
    this.told = holds;
    return holds;
  }

  // When it will be told if it stays so; undefined when it does not hold, or was told.
  get due() {
    return this.holds && !this.told ? this.since + this.minutes * 60_000 : undefined;
  }

  // The rows that it is told of.
  of(rows) {
    return this.leaves ? rows : rows.filter(row => reaches([row], this.wanted));
  }
}
