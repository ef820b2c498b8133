/**
 * Secrets that were masked when a revision was recorded, and how a restore treats them.
 *
 * The mask is `TEXT_MASK` of `nbtrack/masking`. A masked text is never written over the secret
 * it was made from: what stands there now fills the masked places where the rest is the same.
 */

export const TEXT_MASK = '***masked***';

export function isMasked(text: unknown): boolean {
  return typeof text === 'string' && text.includes(TEXT_MASK);
}

/** A restored text whose masked places are filled from the present one where they fit. */
export function unmaskedText(restored: string, present: string): string {
  if (!isMasked(restored)) {
    return restored;
  }
  if (patternOf(restored).test(present)) {
    return present;
  }
  const lines = present.split('\n');
  return restored
    .split('\n')
    .map(line => {
      if (!isMasked(line)) {
        return line;
      }
      const pattern = patternOf(line);
      const fitting = new Set(lines.filter(candidate => pattern.test(candidate)));
      const [only] = fitting;
      return fitting.size === 1 && only !== undefined ? only : line;
    })
    .join('\n');
}

/** The same for any JSON value, member by member. */
export function unmaskedJson(restored: unknown, present: unknown): unknown {
  if (typeof restored === 'string') {
    return typeof present === 'string' ? unmaskedText(restored, present) : restored;
  }
  if (Array.isArray(restored)) {
    const now: unknown[] = Array.isArray(present) ? present : [];
    return restored.map((item, index) => unmaskedJson(item, now[index]));
  }
  if (typeof restored === 'object' && restored !== null) {
    const now = (
      typeof present === 'object' && present !== null ? present : {}
    ) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(restored).map(([key, value]) => [
        key,
        unmaskedJson(value, now[key])
      ])
    );
  }
  return restored;
}

/** What a mask can stand for: within a line, or a key file of several. */
const SECRET = '(?:[^\\n]+?|-----BEGIN[\\s\\S]+?-----END[^\\n]*?)';

function patternOf(masked: string): RegExp {
  const parts = masked
    .split(TEXT_MASK)
    .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join(SECRET)}$`);
}
