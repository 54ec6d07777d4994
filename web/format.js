// Numbers and times as the reader's language and zone have them.

const { language } = navigator;

export const number = new Intl.NumberFormat(language, { maximumFractionDigits: 6 }).format;
export const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' }).format;  // 29 Nov 2026, 14:03:22 CET
export const clockTime = new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format;                 // 14:03:22
export const shortTime = new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format;                  // 14:03

// The server writes numbers as English has them.
export function localNumbers(text) {
  return text.replace(/\d[\d,]*(\.\d+)?/g, found => number(Number(found.replaceAll(',', ''))));
}

export const isEnglish = number(1234567.5) === '1,234,567.5';

// Only differences are written, so that an unchanged cell costs neither layout nor a selection.
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
