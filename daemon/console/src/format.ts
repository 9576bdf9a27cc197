// Numbers, money and times as people write them, by Intl.
import { store } from './store';

// The tenant's, in which its times are told; the browser's until it is known.
export const zone = store(Intl.DateTimeFormat().resolvedOptions().timeZone);
const language = document.documentElement.lang || 'en';

const whole = new Intl.NumberFormat(language);
const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
export const number = (value: number) => whole.format(value);
export const percent = (part: number, of: number) => share.format(of ? part / of : 0);

export function money(value: { amount: string; currency: string } | null | undefined): string {
  if (!value?.amount || !value.currency) return '–';
  const amount = Number(value.amount);
  try {
    const digits = amount !== 0 && Math.abs(amount) < 0.1 ? 4 : 2;
    return new Intl.NumberFormat(language, {
      style: 'currency',
      currency: value.currency,
      minimumFractionDigits: 2,
      maximumFractionDigits: digits,
    }).format(amount);
  } catch {
    return `${value.amount} ${value.currency}`;
  }
}

const cache = new Map<string, Intl.DateTimeFormat>();
function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options) + zone.value;
  let found = cache.get(key);
  if (!found) {
    try {
      found = new Intl.DateTimeFormat(language, { ...options, timeZone: zone.value });
    } catch {
      found = new Intl.DateTimeFormat(language, options);
    }
    cache.set(key, found);
  }
  return found;
}

const day = (at: Date) => dates({ year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);

// Today "18:50", this year "Nov 29, 18:50", before "Nov 29, 2025"; in the tenant's zone.
export function time(text: string | null | undefined): string {
  if (!text) return '–';
  const at = new Date(text);
  const now = new Date();
  if (day(at) === day(now)) return dates({ hour: 'numeric', minute: '2-digit' }).format(at);
  if (at.getFullYear() === now.getFullYear())
    return dates({ month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }).format(at);
  return dates({ year: 'numeric', month: 'short', day: 'numeric' }).format(at);
}

// With the date, the second and the zone: for the title of a time.
export const exactTime = (text: string) =>
  dates({ dateStyle: 'full', timeStyle: 'long' } as Intl.DateTimeFormatOptions).format(new Date(text));

const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
// "in 3 hr.", "2 days ago".
export function fromNow(text: string): string {
  const seconds = (new Date(text).getTime() - Date.now()) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(Math.round(seconds), 'second');
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400 * 2) return relative.format(Math.round(seconds / 3600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}

// "3 min", "2 h 5 min".
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${number(hours)} h ${minutes % 60} min` : `${number(hours)} h`;
}

// What others wrote may hold characters that nobody sees or that turn the text around: they show as a mark.
// Line ends stay.
export const visible = (text: string) =>
  text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (c) => (c === '\t' ? ' ' : '\ufffd'),
  );

export const fullName = (one: { first_name: string; last_name: string }) =>
  visible(`${one.first_name} ${one.last_name}`.trim());
