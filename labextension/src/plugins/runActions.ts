/** What components ask of their host, as JupyterLab commands. */

import type { CommandRegistry } from '@lumino/commands';

import { type IRunActions } from '../components/common/actions';
import { CommandIDs } from '../tokens';

export function runActions(commands: CommandRegistry): IRunActions {
  return {
    openRun: runId => void commands.execute(CommandIDs.openRun, { run_id: runId }),
    compare: runIds =>
      void commands.execute(CommandIDs.compareRuns, { run_ids: [...runIds] }),
    openRevision: revisionId =>
      void commands.execute(CommandIDs.openRevision, { revision_id: revisionId }),
    jumpToCell: place =>
      void commands.execute(CommandIDs.jumpToCell, {
        path: place.notebook_path,
        cell_id: place.cell_id,
        revision_id: place.revision_id
      })
  };
}
