/** What to know before trusting that the notebook, as it stands, makes this run again. */

import * as React from 'react';

import type { CaptureReport, RunSummary } from '../../api/generated';
import { type IRunActions } from '../common/actions';

export interface IFlagBannerProps {
  run: RunSummary;
  report: CaptureReport | null;
  actions: IRunActions;
}

export function FlagBanner(props: IFlagBannerProps): JSX.Element | null {
  const { run, report, actions } = props;
  if (!report?.flags.length) {
    return null;
  }
  return (
    <ul className="nbt-banner nbt-flags" data-testid="nbtrack-run-flags">
      {report.flags.map(({ kind, text, cell_id: cellId }) => (
        <li key={`${kind} ${text}`}>
          <span>{text}</span>
          {cellId ? (
            <button
              type="button"
              className="nbt-link"
              onClick={() => actions.jumpToCell({ ...run, cell_id: cellId })}
            >
              Go to cell
            </button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
