/** Why the run holds what it holds: each captured value with its rule, and what was left out. */

import * as React from 'react';

import type { CapturedInfo, CaptureReport, RunSummary } from '../../api/generated';
import { plural } from '../../model/format';
import { originText } from '../../model/origin';
import { type IRunActions } from '../common/actions';
import { Section } from '../common/Section';

export interface ICaptureSectionProps {
  run: RunSummary;
  report: CaptureReport | null;
  actions: IRunActions;
}

export function CaptureSection(props: ICaptureSectionProps): JSX.Element | null {
  const { report } = props;
  if (!report || report.captured.length + report.left_out.length === 0) {
    return null;
  }
  return (
    <Section
      title="How this was captured"
      note={`${report.captured.length} captured, ${report.left_out.length} left out`}
      testId="nbtrack-run-capture"
      isFolded
    >
      <Captured {...props} captured={report.captured} />
      {report.left_out.length ? (
        <>
          <h3 className="nbt-subtitle">Left out</h3>
          <table className="nbt-facts">
            <tbody>
              {report.left_out.map(({ what, key, why, line }) => (
                <tr key={`${what} ${key}`}>
                  <th scope="row">{key}</th>
                  <td>
                    {why}
                    {line === null ? null : (
                      <span className="nbt-muted">, line {line}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : null}
      {Object.keys(report.local_modules).length ? (
        <p className="nbt-muted nbt-small">
          Kept with the run:{' '}
          {plural(Object.keys(report.local_modules).length, 'module')} of yours (
          {Object.keys(report.local_modules).join(', ')}).
        </p>
      ) : null}
    </Section>
  );
}

/** What its rule does not say already: a rule can name a library, too. */
function detailOf({ rule, detail }: CapturedInfo): string {
  return detail && !rule.endsWith(`:${detail}`) ? ` (${detail})` : '';
}

function Captured(
  props: ICaptureSectionProps & { captured: readonly CapturedInfo[] }
): JSX.Element {
  const { run, actions } = props;
  return (
    <div className="nbt-scroll nbt-preview-table" tabIndex={0}>
      <table className="nbt-table">
        <thead>
          <tr>
            <th scope="col">Captured</th>
            <th scope="col">As</th>
            <th scope="col">Why</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {props.captured.map(item => (
            <tr key={`${item.what} ${item.key}`}>
              <th scope="row">{item.key}</th>
              <td>{item.what}</td>
              <td className="nbt-muted">
                {originText({ ...item, is_default: null })}
                {detailOf(item)}
              </td>
              <td className="nbt-nowrap">
                {item.cell_id === null ? null : (
                  <button
                    type="button"
                    className="nbt-link"
                    onClick={() =>
                      actions.jumpToCell({ ...run, cell_id: item.cell_id ?? '' })
                    }
                  >
                    {item.cell_id === run.cell_id ? 'this cell' : 'an earlier cell'}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
