/** The text of one cell on both sides, line by line and word by word. */

import * as React from 'react';

import {
  colorLines,
  diffLines,
  foldLines,
  plainLines,
  type DiffLine,
  type Segment
} from './lines';
import type { Highlight } from './types';

export interface ISourceDiffProps {
  before: string;
  after: string;
  cellType: string;
  highlight: Highlight;
}

export function SourceDiff(props: ISourceDiffProps): JSX.Element {
  const { before, after, cellType, highlight } = props;
  const groups = React.useMemo(
    () =>
      foldLines(
        colorLines(
          diffLines(before, after),
          highlight(before, cellType),
          highlight(after, cellType)
        )
      ),
    [before, after, cellType, highlight]
  );
  const [open, setOpen] = React.useState<ReadonlySet<number>>(new Set());
  return (
    <table className="nbt-code nbt-code-diff">
      <tbody>
        {groups.map((group, index) =>
          group.folded && !open.has(index) ? (
            <tr key={index} className="nbt-code-fold">
              <td colSpan={4}>
                <button
                  type="button"
                  onClick={() => setOpen(new Set([...open, index]))}
                >{`${group.lines.length} unchanged lines`}</button>
              </td>
            </tr>
          ) : (
            group.lines.map((line, row) => <Line key={`${index}-${row}`} line={line} />)
          )
        )}
      </tbody>
    </table>
  );
}

const MARKS = { same: ' ', removed: '−', added: '+' };
const WORDS = { same: '', removed: 'removed: ', added: 'added: ' };

function Line({ line }: { line: DiffLine }): JSX.Element {
  return (
    <tr className={`nbt-line nbt-line-${line.kind}`}>
      <td className="nbt-line-number">{line.oldNumber}</td>
      <td className="nbt-line-number">{line.newNumber}</td>
      <td className="nbt-line-mark">
        <span aria-hidden="true">{MARKS[line.kind]}</span>
        <span className="nbt-hidden-text">{WORDS[line.kind]}</span>
      </td>
      <td className="nbt-line-text">
        <Segments segments={line.segments} />
      </td>
    </tr>
  );
}

function Segments({ segments }: { segments: readonly Segment[] }): JSX.Element {
  return (
    <>
      {segments.map(({ text, changed, className }, index) => {
        const classes = `${className}${changed ? ' nbt-word' : ''}`.trim();
        return classes ? (
          <span key={index} className={classes}>
            {text}
          </span>
        ) : (
          text
        );
      })}
      {segments.length === 0 ? '\n' : null}
    </>
  );
}

export interface ISourceProps {
  source: string;
  cellType: string;
  highlight: Highlight;
  /** All of it was added or removed. */
  kind?: 'added' | 'removed' | 'same';
  /** Only the first lines at first. */
  isShort?: boolean;
}

const SHORT_LINES = 4;

/** The text of a cell as it is. */
export function Source(props: ISourceProps): JSX.Element {
  const { source, cellType, highlight, kind = 'same' } = props;
  const lines = React.useMemo(
    () => plainLines(source, highlight(source, cellType)),
    [source, cellType, highlight]
  );
  const [open, setOpen] = React.useState(
    !props.isShort || lines.length <= SHORT_LINES + 1
  );
  const hidden = open ? 0 : lines.length - SHORT_LINES;
  return (
    <table className="nbt-code">
      <tbody>
        {lines.slice(0, lines.length - hidden).map((segments, index) => (
          <tr key={index} className={`nbt-line nbt-line-${kind}`}>
            <td className="nbt-line-number">{index + 1}</td>
            <td className="nbt-line-mark" aria-hidden="true">
              {MARKS[kind]}
            </td>
            <td className="nbt-line-text">
              <Segments segments={segments} />
            </td>
          </tr>
        ))}
        {hidden > 0 ? (
          <tr className="nbt-code-fold">
            <td colSpan={3}>
              <button
                type="button"
                onClick={() => setOpen(true)}
              >{`${hidden} more lines`}</button>
            </td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}
