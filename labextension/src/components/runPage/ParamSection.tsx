/** The run's params, each with where it came from. */

import * as React from 'react';

import type { ParamInfo } from '../../api/generated';
import { originText } from '../../model/origin';
import { Section } from '../common/Section';

export function ParamSection({
  params
}: {
  params: readonly ParamInfo[];
}): JSX.Element {
  return (
    <Section title="Params" note={String(params.length)} testId="nbtrack-run-params">
      {params.length ? (
        <table className="nbt-facts">
          <tbody>
            {params.map(({ key, value, origin }) => (
              <tr key={key} title={originText(origin)}>
                <th scope="row">{key}</th>
                <td>
                  <code>{value}</code>
                  <div className="nbt-muted nbt-small">{originText(origin)}</div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="nbt-muted">
          None. Names bound to plain values, such as <code>lr = 0.01</code>, become
          params.
        </p>
      )}
    </Section>
  );
}
