/** The code that ran differently for two of the compared runs, cell by cell. */

import * as React from 'react';

import type { ComparedCode, RunSummary } from '../../api/generated';
import { plural } from '../../model/format';
import { type IRunActions } from '../common/actions';
import { Section } from '../common/Section';
import { Source, SourceDiff } from '../diff/SourceDiff';
import type { Highlight } from '../diff/types';

export interface ICompareCodeProps {
  runs: readonly RunSummary[];
  code: readonly ComparedCode[];
  highlight: Highlight;
  actions: IRunActions;
}

export function CompareCode(props: ICompareCodeProps): JSX.Element | null {
  const { runs, code } = props;
  const [base, setBase] = React.useState(0);
  const [other, setOther] = React.useState(1);
  const old = base < runs.length ? base : 0;
  const next = other < runs.length && other !== old ? other : old === 0 ? 1 : 0;
  if (runs.length < 2 || code.length === 0) {
    return null;
  }
  const shown = code.filter(cell => cell.choices[old] !== cell.choices[next]);
  return (
    <Section
      title="Code"
      note={plural(code.length, 'cell')}
      testId="nbtrack-compare-code"
      controls={
        runs.length > 2 ? (
          <div className="nbt-curve-controls">
            <RunChoice label="From" runs={runs} value={old} onValue={setBase} />
            <RunChoice label="to" runs={runs} value={next} onValue={setOther} />
          </div>
        ) : null
      }
    >
      {shown.length ? null : (
        <p className="nbt-muted">These two runs ran the same code.</p>
      )}
      {shown.map(cell => (
        <Cell
          key={cell.cell_id ?? ''}
          cell={cell}
          old={old}
          next={next}
          highlight={props.highlight}
          onGo={
            cell.cell_id === null || cell.cell_id.startsWith('#')
              ? undefined
              : () =>
                  props.actions.jumpToCell({
                    ...runs[next]!,
                    cell_id: cell.cell_id ?? ''
                  })
          }
        />
      ))}
    </Section>
  );
}

interface IRunChoiceProps {
  label: string;
  runs: readonly RunSummary[];
  value: number;
  onValue: (index: number) => void;
}

function RunChoice(props: IRunChoiceProps): JSX.Element {
  return (
    <label className="nbt-check">
      <span>{props.label}</span>
      <select
        className="nbt-input"
        value={props.value}
        onChange={event => props.onValue(Number(event.target.value))}
      >
        {props.runs.map((run, index) => (
          <option key={run.run_id} value={index}>
            {run.run_name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ICellProps {
  cell: ComparedCode;
  old: number;
  next: number;
  highlight: Highlight;
  onGo?: () => void;
}

function Cell({ cell, old, next, highlight, onGo }: ICellProps): JSX.Element {
  const text = (index: number) => {
    const choice = cell.choices[index];
    return choice === null || choice === undefined ? null : cell.versions[choice]!;
  };
  const before = text(old);
  const after = text(next);
  const common = { cellType: 'code', highlight };
  return (
    <div className="nbt-execution" data-testid="nbtrack-compared-cell">
      <div className="nbt-execution-head">
        <span className="nbt-muted">
          {cell.cell_id === null ? 'The tracked cell' : 'An earlier cell'}
          {before === null ? ', only the second run ran it' : null}
          {after === null ? ', only the first run ran it' : null}
        </span>
        {onGo ? (
          <button type="button" className="nbt-link" onClick={onGo}>
            Go to cell
          </button>
        ) : null}
      </div>
      {before !== null && after !== null ? (
        <SourceDiff before={before} after={after} {...common} />
      ) : (
        <Source
          source={after ?? before ?? ''}
          kind={after === null ? 'removed' : 'added'}
          {...common}
        />
      )}
    </div>
  );
}
