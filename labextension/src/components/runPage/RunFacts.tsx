/** Who, when and where: the run's attributes and tags. */

import * as React from 'react';

import type { RunSummary } from '../../api/generated';
import { formatInstant } from '../../model/format';
import { type IRunActions } from '../common/actions';
import { Copyable } from '../common/Copyable';
import { Section } from '../common/Section';

export interface IRunFactsProps {
  run: RunSummary;
  actions: IRunActions;
}

export function RunFacts({ run, actions }: IRunFactsProps): JSX.Element {
  const { parent_run_id: parentId } = run;
  const facts: [string, React.ReactNode][] = [
    ['Run id', <Copyable text={run.run_id} label="Copy run id" />],
    ['Experiment', run.experiment_name],
    ['Who', run.user_id],
    ['Started', formatInstant(run.started_at)]
  ];
  if (run.ended_at) {
    facts.push(['Ended', formatInstant(run.ended_at)]);
  }
  facts.push(['Source', run.notebook_path ?? run.source_name]);
  if (parentId) {
    facts.push([
      'Parent run',
      <button
        type="button"
        className="nbt-link"
        onClick={() => actions.openRun(parentId)}
      >
        {parentId.slice(0, 8)}
      </button>
    ]);
  }
  return (
    <Section title="About" testId="nbtrack-run-facts">
      <table className="nbt-facts">
        <tbody>
          {facts.map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
          {Object.entries(run.tags).map(([name, value]) => (
            <Fact key={`tag:${name}`} name={name} value={value} />
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Fact({ name, value }: { name: string; value: React.ReactNode }): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{value}</td>
    </tr>
  );
}
