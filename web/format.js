// Numbers and times as the reader's language and zone have them.

const language = navigator.language;
const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 6 });
const exactTimes = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' });
const shortTimes = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
const clockTimes = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });

export function number(value) {
  return numbers.format(value);
}

// "29 Nov 2026, 14:03:22 CET".
export function exact(milliseconds) {
  return exactTimes.format(milliseconds);
}

// "14:03:22", and without seconds.
export function clockTime(milliseconds) {
  return clockTimes.format(milliseconds);
}

export function shortTime(milliseconds) {
  return shortTimes.format(milliseconds);
}

// The server writes numbers as English has them.
export function localNumbers(text) {
  return text.replace(/\d[\d,]*(\.\d+)?/g, found => number(Number(found.replaceAll(',', ''))));
}

export const isEnglish = number(1234567.5) === '1,234,567.5';

// Only differences are written, so that an unchanged cell costs neither layout nor a selection.
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
