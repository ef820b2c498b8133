/** Which columns the run table shows; searchable, for runs with many params and metrics. */

import * as React from 'react';

import { type ColumnKind, type IColumn } from '../../model/runsColumns';
import { Button } from '../common/Button';
import { useOutsidePress } from '../common/useOutsidePress';

export interface IColumnChooserProps {
  available: readonly IColumn[];
  shown: readonly IColumn[];
  /** Whether the runs decide, because nobody chose. */
  isAutomatic: boolean;
  onChange: (ids: readonly string[] | null) => void;
  onClose: () => void;
}

const GROUPS: readonly [ColumnKind, string][] = [
  ['metric', 'Metrics'],
  ['param', 'Params'],
  ['attribute', 'About the run'],
  ['tag', 'Tags']
];

export function ColumnChooser(props: IColumnChooserProps): JSX.Element {
  const [search, setSearch] = React.useState('');
  const box = React.useRef<HTMLDivElement>(null);
  useOutsidePress(box, props.onClose);
  const shown = props.shown.map(item => item.id);
  const wanted = search.trim().toLowerCase();
  const toggle = (id: string): void =>
    props.onChange(
      shown.includes(id) ? shown.filter(other => other !== id) : [...shown, id]
    );
  const all = merge(props.available, props.shown);
  return (
    <div
      ref={box}
      className="nbt-popover"
      role="dialog"
      aria-label="Columns"
      data-testid="nbtrack-column-chooser"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <input
        className="nbt-input"
        type="search"
        autoFocus
        placeholder="Find a column"
        aria-label="Find a column"
        value={search}
        onChange={event => setSearch(event.target.value)}
      />
      <div className="nbt-popover-list">
        {GROUPS.map(([kind, title]) => {
          const items = all.filter(
            item => item.kind === kind && item.label.toLowerCase().includes(wanted)
          );
          return items.length ? (
            <fieldset key={kind}>
              <legend>{title}</legend>
              {items.map(item => (
                <label key={item.id} className="nbt-check">
                  <input
                    type="checkbox"
                    checked={shown.includes(item.id)}
                    onChange={() => toggle(item.id)}
                  />
                  <span>{item.label}</span>
                </label>
              ))}
            </fieldset>
          ) : null;
        })}
      </div>
      <div className="nbt-popover-foot">
        <Button disabled={props.isAutomatic} onClick={() => props.onChange(null)}>
          Choose for me
        </Button>
        <Button kind="primary" onClick={props.onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}

function merge(first: readonly IColumn[], second: readonly IColumn[]): IColumn[] {
  const known = new Set(first.map(item => item.id));
  return [...first, ...second.filter(item => !known.has(item.id))];
}
