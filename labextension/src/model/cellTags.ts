/** Which tags of a notebook's cells the kernel must know before it runs them. */

/** Tags that capture acts on; see `nbtrack/kernel/tags.py`. */
const TOLD: ReadonlySet<string> = new Set([
  'nbtrack-skip',
  'parameters',
  'injected-parameters'
]);

interface ITaggedCell {
  id: string;
  tags: unknown;
}

/** Cell id to the tags that matter, for cells that have any. */
export function toldTags(cells: Iterable<ITaggedCell>): Record<string, string[]> {
  const told: Record<string, string[]> = {};
  for (const { id, tags } of cells) {
    const kept = Array.isArray(tags) ? tags.filter(tag => TOLD.has(String(tag))) : [];
    if (kept.length) {
      told[id] = kept.map(String).sort();
    }
  }
  return told;
}

/** Whether two answers of `toldTags` say the same. */
export function sameTags(
  one: Record<string, string[]>,
  other: Record<string, string[]>
): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every(key => one[key]?.join() === other[key]?.join())
  );
}
