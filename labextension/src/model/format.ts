/** How values, durations, instants and sizes are written, everywhere the same. */

import type { MetricValue } from '../api/generated';

/** A metric's value as a number; NaN and infinities included. */
export function toNumber(value: MetricValue): number {
  return typeof value === 'number' ? value : Number(value);
}

/** At most `digits` significant digits, no exponent where it reads well without. */
export function formatNumber(value: number, digits = 5): string {
  if (Number.isNaN(value)) {
    return 'NaN';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? '∞' : '−∞';
  }
  if (Number.isInteger(value) && Math.abs(value) < 1e9) {
    return withMinus(String(value));
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) {
    return withMinus(value.toExponential(digits - 2).replace(/\.?0+e/, 'e'));
  }
  return withMinus(String(Number(value.toPrecision(digits))));
}

/** A difference, always with its sign. */
export function formatChange(value: number): string {
  return value > 0 ? `+${formatNumber(value, 3)}` : formatNumber(value, 3);
}

function withMinus(text: string): string {
  return text.replace(/^-/, '−');
}

export function formatDuration(seconds: number): string {
  if (seconds < 0.0005) {
    return '<1 ms';
  }
  if (seconds < 0.01) {
    return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  }
  if (seconds < 10) {
    return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  }
  if (seconds < 59.5) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) {
    return `${minutes} min ${Math.round(seconds) % 60} s`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** Short: `now`, `5 min`, `3 h`, `2 d`, then the date. */
export function formatAge(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds < 45) {
    return 'just now';
  }
  if (seconds < 3600) {
    return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  }
  if (seconds < 86_400) {
    return `${Math.round(seconds / 3600)} h ago`;
  }
  if (seconds < 7 * 86_400) {
    return `${Math.round(seconds / 86_400)} d ago`;
  }
  return new Date(iso).toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    year: 'numeric'
  });
}

export function formatInstant(iso: string): string {
  return new Date(iso).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'medium'
  });
}

export function formatBytes(size: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** `layer_2` before `layer_10`. */
export function byKey(one: { key: string }, other: { key: string }): number {
  return one.key.localeCompare(other.key, undefined, { numeric: true });
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
