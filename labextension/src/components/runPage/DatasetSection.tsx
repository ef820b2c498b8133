/** What the run read and wrote, with what is known of it and the runs it links to. */

import * as React from 'react';

import type { DatasetDocument, DatasetInfo, RunLink } from '../../api/generated';
import { formatBytes, formatInstant, plural } from '../../model/format';
import { originText } from '../../model/origin';
import { Section } from '../common/Section';
import { ColumnTable } from './ColumnTable';

export interface IDatasetSectionProps {
  datasets: readonly DatasetInfo[];
  onOpen: (runId: string) => void;
}

export function DatasetSection(props: IDatasetSectionProps): JSX.Element | null {
  const { datasets, onOpen } = props;
  if (datasets.length === 0) {
    return null;
  }
  const inputs = datasets.filter(({ direction }) => direction === 'input');
  const outputs = datasets.filter(({ direction }) => direction === 'output');
  return (
    <Section title="Data" note={String(datasets.length)} testId="nbtrack-run-datasets">
      <Datasets title="Read" datasets={inputs} onOpen={onOpen} />
      <Datasets title="Written" datasets={outputs} onOpen={onOpen} />
    </Section>
  );
}

function Datasets(props: IDatasetSectionProps & { title: string }): JSX.Element | null {
  const { title, datasets, onOpen } = props;
  if (datasets.length === 0) {
    return null;
  }
  return (
    <>
      <h3 className="nbt-subtitle">{title}</h3>
      <ul className="nbt-datasets" aria-label={title}>
        {datasets.map(dataset => (
          <li key={`${dataset.name} ${dataset.source}`} data-testid="nbtrack-dataset">
            <Dataset dataset={dataset} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface IDatasetProps {
  dataset: DatasetInfo;
  onOpen: (runId: string) => void;
}

function Dataset({ dataset, onOpen }: IDatasetProps): JSX.Element {
  const { document, digest, note } = dataset;
  const isRead = dataset.direction === 'input';
  return (
    <>
      <div className="nbt-dataset-line">
        <strong title={originText(dataset.origin)}>{dataset.name}</strong>
        {dataset.context ? <span className="nbt-chip">{dataset.context}</span> : null}
        {facts(dataset).map(fact => (
          <span key={fact} className="nbt-muted">
            {fact}
          </span>
        ))}
      </div>
      <div className="nbt-muted nbt-small nbt-dataset-source">
        {dataset.source}
        {digest ? (
          <span title={`SHA-256 ${digest}`}> · {digest.slice(0, 10)}</span>
        ) : null}
        {dataset.modified_at ? (
          <span> · changed {formatInstant(dataset.modified_at)}</span>
        ) : null}
      </div>
      {note ? <div className="nbt-small">{note}</div> : null}
      <Links
        words={isRead ? 'written by' : 'read by'}
        runs={isRead ? dataset.written_by : dataset.read_by}
        onOpen={onOpen}
      />
      <Links
        words={isRead ? 'also read by' : 'also written by'}
        runs={isRead ? dataset.read_by : dataset.written_by}
        onOpen={onOpen}
      />
      {document ? <Content document={document} /> : null}
    </>
  );
}

function facts({ document, size_bytes: size }: DatasetInfo): string[] {
  const found: string[] = [];
  if (document && document.row_count !== null) {
    const rows = `${document.row_count.toLocaleString()} rows`;
    const columns = document.columns.length;
    found.push(columns ? `${rows} × ${plural(columns, 'column')}` : rows);
  } else if (document?.shape?.length) {
    found.push(document.shape.map(size => size.toLocaleString()).join(' × '));
  }
  if (size !== null) {
    found.push(formatBytes(size));
  }
  return found;
}

const MOST_LINKS = 8;

function Links(props: {
  words: string;
  runs: readonly RunLink[];
  onOpen: (runId: string) => void;
}): JSX.Element | null {
  const { words, runs, onOpen } = props;
  if (runs.length === 0) {
    return null;
  }
  const more = runs.length - MOST_LINKS;
  return (
    <div className="nbt-small nbt-dataset-line" data-testid="nbtrack-dataset-links">
      <span className="nbt-muted">{words}</span>
      {runs.slice(0, MOST_LINKS).map(run => (
        <button
          key={run.run_id}
          type="button"
          className="nbt-link"
          onClick={() => onOpen(run.run_id)}
        >
          {run.run_name}
        </button>
      ))}
      {more > 0 ? (
        <span className="nbt-muted">and {plural(more, 'more run')}</span>
      ) : null}
    </div>
  );
}

function Content({ document }: { document: DatasetDocument }): JSX.Element | null {
  const { query, columns } = document;
  if (!query && columns.length === 0) {
    return null;
  }
  return (
    <>
      {query ? (
        <pre className="nbt-preview-text nbt-preview-prose" tabIndex={0}>
          {query}
        </pre>
      ) : null}
      {columns.length ? (
        <details className="nbt-earlier">
          <summary>{plural(columns.length, 'column')}</summary>
          <ColumnTable document={document} />
        </details>
      ) : null}
    </>
  );
}
