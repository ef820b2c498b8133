/** Where a captured value came from, in words. */

import type { OriginInfo } from '../api/generated';

const RULES: Record<string, string> = {
  explicit: 'logged by the code',
  literal: 'assigned in the code',
  argument: 'an argument in the code',
  bound: 'computed by the cell',
  loop: 'computed in a loop',
  expression: 'the cell’s last expression',
  printed: 'computed in a print call',
  output: 'shown by the cell',
  figure: 'a figure of the cell',
  file: 'a file the cell opened',
  reader: 'read by a library',
  query: 'a query the cell ran',
  request: 'an address the cell asked',
  object: 'a setting of an object the cell uses',
  tagged: 'from a cell tagged parameters',
  autolog: 'logged by the library',
  system: 'measured on the machine',
  git: 'what was not committed',
  table: 'the table the cell ends with',
  written: 'a small file the cell wrote'
};

export function originText(origin: OriginInfo | null): string {
  if (!origin) {
    return '';
  }
  const [kind = '', library] = origin.rule.split(':');
  const words = RULES[kind] ?? kind;
  const rule = library ? `${words} ${library}` : words;
  return origin.line === null ? rule : `${rule}, line ${origin.line}`;
}
