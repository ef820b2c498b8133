/** The code exactly as it ran, and the earlier executions it builds on. */

import * as React from 'react';

import type { ExecutionInfo, RunDetail } from '../../api/generated';
import { plural } from '../../model/format';
import { type IRunActions } from '../common/actions';
import { Section } from '../common/Section';
import { type ISourceRenderer, Source } from '../common/Source';

export interface ICodeSectionProps {
  detail: RunDetail;
  actions: IRunActions;
  render?: ISourceRenderer;
}

export function CodeSection(props: ICodeSectionProps): JSX.Element | null {
  const { execution, earlier } = props.detail;
  if (!execution) {
    return null;
  }
  return (
    <Section title="Code that ran" testId="nbtrack-run-code">
      {earlier.length ? (
        <details className="nbt-earlier">
          <summary>
            {plural(earlier.length, 'earlier execution')} this code builds on
          </summary>
          {earlier.map(item => (
            <Execution key={item.msg_id} {...props} execution={item} />
          ))}
        </details>
      ) : null}
      <Execution {...props} execution={execution} />
    </Section>
  );
}

function Execution(
  props: ICodeSectionProps & { execution: ExecutionInfo }
): JSX.Element {
  const { execution, detail, actions } = props;
  const { cell_id: cellId } = execution;
  const prompt = `[${execution.execution_count ?? ' '}]`;
  return (
    <div className="nbt-execution">
      <div className="nbt-execution-head">
        <span className="nbt-muted nbt-mono">{prompt}</span>
        {execution.names_read.length ? (
          <span className="nbt-muted" title={execution.names_read.join(', ')}>
            reads {shorten(execution.names_read)}
          </span>
        ) : null}
        {cellId ? (
          <button
            type="button"
            className="nbt-link"
            onClick={() => actions.jumpToCell({ ...detail.run, cell_id: cellId })}
          >
            Go to cell
          </button>
        ) : null}
      </div>
      <Source
        source={execution.source}
        label={`Code of ${prompt}`}
        render={props.render}
      />
    </div>
  );
}

function shorten(names: readonly string[]): string {
  const few = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${few} and ${names.length - 6} more` : few;
}
