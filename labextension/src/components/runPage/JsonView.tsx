/** JSON to read: a table where it is one (pandas' "split" form), indented text elsewhere. */

import * as React from 'react';

interface ISplitTable {
  columns: unknown[];
  data: unknown[][];
  index?: unknown[];
}

const MOST_ROWS = 500;
const MOST_TEXT = 200_000;

export function JsonView({ text }: { text: string }): JSX.Element {
  const value = React.useMemo(() => parse(text), [text]);
  if (isSplitTable(value)) {
    return <SplitTable table={value} />;
  }
  const shown = value === undefined ? text : JSON.stringify(value, null, 2);
  return (
    <pre className="nbt-preview-text" tabIndex={0}>
      {shown.slice(0, MOST_TEXT)}
    </pre>
  );
}

function SplitTable({ table }: { table: ISplitTable }): JSX.Element {
  const rows = table.data.slice(0, MOST_ROWS);
  return (
    <div className="nbt-scroll nbt-preview-table" tabIndex={0}>
      <table className="nbt-table">
        <thead>
          <tr>
            {table.index ? <th scope="col" aria-label="Row" /> : null}
            {table.columns.map((name, index) => (
              <th key={index} scope="col">
                {cell(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {table.index ? <th scope="row">{cell(table.index[index])}</th> : null}
              {row.map((value, place) => (
                <td
                  key={place}
                  className={typeof value === 'number' ? 'nbt-number' : undefined}
                >
                  {cell(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.data.length > MOST_ROWS ? (
        <p className="nbt-muted">
          {MOST_ROWS} of {table.data.length} rows.
        </p>
      ) : null}
    </div>
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Named JSON, but is not (NaN, for one): its text is shown as it is.
    return undefined;
  }
}

function isSplitTable(value: unknown): value is ISplitTable {
  const table = value as Partial<ISplitTable> | null | undefined;
  return (
    typeof table === 'object' &&
    Array.isArray(table?.columns) &&
    Array.isArray(table.data) &&
    table.data.every(Array.isArray)
  );
}

function cell(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value)
    : String(value ?? '');
}
