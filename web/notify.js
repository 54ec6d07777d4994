// "Tell me when": while the page of a profile or a set is open, also behind others, the browser notifies of what the reader
// wished, and the tab's title says so. The title needs no permission.

import { clockTime, setText } from './format.js';
import { Wish } from './wish.js';

const WAYS = {
  granted: 'Keep this page open; it may be behind others.',
  default: 'The browser asks whether this page may notify; without that, the title of this tab tells.',
  denied: 'The browser blocks notifications of this page until you allow them in its settings for this site, beside the address. The title of this tab tells.',
  insecure: 'Browsers notify on https:// pages only: here, the title of this tab tells.',
  unable: 'This browser cannot notify: the title of this tab tells.',
};

const form = document.getElementById('tell');
const key = `tell ${location.pathname}${location.search}`;
let wish;    // of this tab, and kept with it
let title;   // the page's own
let marked;  // instead of it
let unable = !('Notification' in globalThis);
let shown;   // the browser's notification

const way = () => (!isSecureContext ? 'insecure' : unable ? 'unable' : Notification.permission);

function load() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key));
    return kept ? Wish.from(kept) : undefined;
  } catch {
    return undefined;  // the browser keeps nothing for this site
  }
}

function keep() {
  try {
    if (wish) sessionStorage.setItem(key, JSON.stringify(wish));
    else sessionStorage.removeItem(key);
  } catch {
    // Then the wish ends with the page.
  }
}

// Notifications with one tag are one, so that several tabs tell once.
function notify({ text, tag }) {
  if (way() !== 'granted') return;
  try {
    shown = new Notification(text, { tag, body: `Vacancy, ${location.host}` });
    shown.onclick = ({ target }) => {
      focus();
      target.close();
    };
  } catch {
    unable = true;  // as on Android
  }
}

// `rows` are those that it is about; none of a set is nobody's.
function newsOf(rows, at) {
  const tag = `${key} ${wish.event} ${rows.map(({ changedAt }) => changedAt ?? '').sort().at(-1)}`;
  const { set } = form.dataset;
  if (set && wish.leaves) return { at, tag, text: `None of ${set} can be taken`, title: `NONE ${set}` };
  const [{ provider, name, level }] = rows;
  return { at, tag, text: `${provider} ${name} is ${level}`, title: `${level} ${provider} ${name}` };
}

function sentence({ told, due, since, news }) {
  if (told) return `Told at ${clockTime(news.at)}: ${news.text}.`;
  if (due) return `So since ${clockTime(since)}; told at ${clockTime(due)} if it stays so.`;
  return news ? `Told at ${clockTime(news.at)}, and over since. Waiting for the next time.` : 'Waiting.';
}

function showTitle() {
  if (document.title !== marked) title = document.title;
  marked = wish?.told ? `● ${wish.news.title}` : title;
  if (document.title !== marked) document.title = marked;
}

// What is over is closed: beside it, the next one of its tag would be silent.
function closeOld() {
  if (!wish?.told) shown?.close();
}

function show() {
  closeOld();
  setText(form.querySelector('[role=status]'), wish ? `${sentence(wish)} ${WAYS[way()]}` : '');
  setText(form.querySelector('button'), wish ? 'Stop' : 'Tell me');
  form.classList.toggle('told', Boolean(wish?.told));
  showTitle();
}

function change(next) {
  wish = next;
  keep();
  show();
}

const chosen = () => new Wish(form.elements.event.value, Number(form.elements.minutes.value));

async function start() {
  change(chosen());
  if (way() !== 'default') return;
  await Notification.requestPermission();
  if (wish?.told) notify(wish.news);
  show();
}

// The command that waits for the same.
export function fillCommand(page) {
  if (!form) return;
  const { wanted, minutes } = chosen();
  const least = form.dataset.set ? '' : ` --at-least ${wanted}`;
  setText(page.querySelector('[data-wait]'), least + (minutes ? ` --for ${minutes}m` : ''));
}

// While something is wished, the page follows its stream behind others, too.
export const isWaiting = () => wish !== undefined;

// Takes the page's rows as they are at `now`.
export function look(rows, now) {
  if (!wish) return;
  if (wish.look(rows, now)) {
    wish.news = newsOf(wish.of(rows), now);
    notify(wish.news);
  }
  keep();
  show();
}

if (form) {
  wish = load();
  if (wish) {
    form.elements.event.value = wish.event;
    form.elements.minutes.value = wish.minutes;
  }
  form.querySelector('button').addEventListener('click', () => (wish ? change() : start()));
  form.addEventListener('change', () => {
    if (wish) change(chosen());
    fillCommand(document);
  });
}
