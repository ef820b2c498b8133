/** Long lists are put in the page piece by piece, so that their beginning is there at once. */

import * as React from 'react';

/** About a screen of text, and what can follow without being felt. */
const FIRST_LINES = 60;
const STEP_LINES = 200;

/**
 * How many of some items are shown by now.
 *
 * @param lines how many lines each item takes.
 */
export function useGradually(lines: readonly number[]): number {
  const [budget, setBudget] = React.useState(FIRST_LINES);
  const shown = fitting(lines, budget);
  const isAll = shown === lines.length;
  React.useEffect(() => {
    if (isAll) {
      return;
    }
    // After the paint of what is there.
    const timer = window.setTimeout(
      () => React.startTransition(() => setBudget(budget + STEP_LINES)),
      30
    );
    return () => window.clearTimeout(timer);
  }, [budget, isAll]);
  return shown;
}

/** How many items from the first on fit into so many lines; at least one. */
function fitting(lines: readonly number[], budget: number): number {
  let total = 0;
  let count = 0;
  while (count < lines.length && (count === 0 || total < budget)) {
    total += lines[count]!;
    count += 1;
  }
  return count;
}
