/** What a cell showed on both sides; read when it is opened, and compared output by output. */

import * as React from 'react';

import type { CellDiff } from '../../api/generated';
import { plural } from '../../model/format';
import { Outputs, plainText, type Output } from './Outputs';
import { SourceDiff } from './SourceDiff';
import type { IDiffPieces } from './types';
import { LoadedNote, useLoaded } from './useLoaded';

export interface IOutputsDiffProps {
  cell: CellDiff;
  oldName: string;
  newName: string;
  pieces: IDiffPieces;
}

const PLAIN = () => [];

export function OutputsDiff(props: IOutputsDiffProps): JSX.Element {
  const { cell, pieces } = props;
  const load = React.useCallback(async () => {
    const [old, fresh] = await Promise.all([
      pieces.cell('old', cell.old_cell_id ?? cell.cell_id),
      pieces.cell('new', cell.cell_id)
    ]);
    return pairs(old['outputs'] as Output[], fresh['outputs'] as Output[]);
  }, [cell, pieces]);
  const loaded = useLoaded(load);
  if (!loaded.value) {
    return <LoadedNote {...loaded} />;
  }
  const same = loaded.value.filter(([before, after]) => isSame(before, after)).length;
  return (
    <div className="nbt-outputs-pairs" data-testid="nbtrack-outputs-diff">
      {loaded.value.map(([before, after], index) =>
        isSame(before, after) ? null : (
          <OutputPair key={index} before={before} after={after} {...props} />
        )
      )}
      {same > 0 ? (
        <div className="nbt-diff-note nbt-muted">
          {plural(same, 'output')} {same === 1 ? 'is' : 'are'} the same.
        </div>
      ) : null}
    </div>
  );
}

interface IOutputPairProps extends IOutputsDiffProps {
  before: Output | null;
  after: Output | null;
}

function OutputPair(props: IOutputPairProps): JSX.Element {
  const { before, after, oldName, newName } = props;
  const texts = [before, after].map(output => output && plainText(output));
  if (typeof texts[0] === 'string' && typeof texts[1] === 'string') {
    return (
      <SourceDiff
        before={withoutEnd(texts[0])}
        after={withoutEnd(texts[1])}
        cellType="output"
        highlight={PLAIN}
      />
    );
  }
  const sides: [string, Output | null][] = [
    [oldName, before],
    [newName, after]
  ];
  return (
    <div className="nbt-outputs-sides">
      {sides.map(([name, output]) => (
        <div key={name}>
          <div className="nbt-side-name">{name}</div>
          <Outputs outputs={output ? [output] : []} label={`Output of ${name}`} />
        </div>
      ))}
    </div>
  );
}

function pairs(
  old: readonly Output[] = [],
  fresh: readonly Output[] = []
): [Output | null, Output | null][] {
  return Array.from({ length: Math.max(old.length, fresh.length) }, (_, index) => [
    old[index] ?? null,
    fresh[index] ?? null
  ]);
}

function isSame(before: Output | null, after: Output | null): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

/** The last line's end is no line of its own. */
function withoutEnd(text: string): string {
  return text.replace(/\n$/, '');
}
