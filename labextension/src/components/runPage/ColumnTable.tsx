/** The columns of a table that a run read or wrote, with their light profile. */

import * as React from 'react';

import type { ColumnProfile, DatasetDocument } from '../../api/generated';
import { formatNumber, toNumber } from '../../model/format';

export function ColumnTable({ document }: { document: DatasetDocument }): JSX.Element {
  const { columns, row_count: rows, profiled_rows: profiled } = document;
  const isSample = profiled !== null && rows !== null && profiled < rows;
  return (
    <>
      {isSample ? (
        <p className="nbt-muted nbt-small">
          The profile is of {profiled.toLocaleString()} rows.
        </p>
      ) : null}
      <div className="nbt-scroll nbt-preview-table" tabIndex={0}>
        <table className="nbt-table">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Type</th>
              <th scope="col">Missing</th>
              <th scope="col">Distinct</th>
              <th scope="col">Min</th>
              <th scope="col">Mean</th>
              <th scope="col">Max</th>
            </tr>
          </thead>
          <tbody>
            {columns.map(column => (
              <Column key={column.name} column={column} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Column({ column }: { column: ColumnProfile }): JSX.Element {
  const { mean, std } = column;
  const spread = std === null ? '' : ` ± ${formatNumber(toNumber(std), 3)}`;
  return (
    <tr>
      <th scope="row">{column.name}</th>
      <td className="nbt-muted">{column.dtype}</td>
      <td className="nbt-number">{column.null_count ?? ''}</td>
      <td className="nbt-number">{column.distinct_count ?? ''}</td>
      <td className="nbt-number">{column.min ?? ''}</td>
      <td className="nbt-number">
        {mean === null ? '' : formatNumber(toNumber(mean)) + spread}
      </td>
      <td className="nbt-number">{column.max ?? ''}</td>
    </tr>
  );
}
