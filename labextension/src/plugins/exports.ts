/** A revision saved as a new notebook, or as a file of another kind. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { InputDialog, Notification, showErrorMessage } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { Contents } from '@jupyterlab/services';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import {
  exportRevision,
  getNotebook,
  getRevision,
  getRevisionDocument
} from '../api/client';
import { CommandIDs } from '../tokens';

const FORMATS: readonly [string, string][] = [
  ['ipynb', 'Notebook (.ipynb)'],
  ['html', 'Web page (.html)'],
  ['script', 'Code (.py or the notebook’s language)'],
  ['markdown', 'Markdown (.md)'],
  ['pdf', 'PDF (needs TeX or a browser on the server)']
];

export const exportsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:exports',
  description: 'Saves a revision as a new notebook, or as a file of another kind.',
  autoStart: true,
  requires: [IDocumentManager],
  activate: (app: JupyterFrontEnd, documents: IDocumentManager): void => {
    const { contents } = app.serviceManager;
    const add = (
      command: string,
      label: string,
      act: (revisionId: string, args: ReadonlyPartialJSONObject) => Promise<void>
    ): void => {
      app.commands.addCommand(command, {
        label,
        isEnabled: args => typeof args['revision_id'] === 'string',
        execute: args =>
          // A dialog: what to install is more than a notification shows.
          act(String(args['revision_id']), args).catch((error: unknown) =>
            showErrorMessage('The revision could not be saved', error as Error)
          )
      });
    };
    add(CommandIDs.saveRevisionAs, 'Save as new notebook…', async revisionId => {
      const path = await saveAs(contents, revisionId);
      if (path !== null) {
        documents.openOrReveal(path);
      }
    });
    add(CommandIDs.exportRevision, 'Export…', async (revisionId, args) => {
      const to = typeof args['to'] === 'string' ? args['to'] : await askFormat();
      if (to !== null) {
        const busy = Notification.emit('Making the file…', 'in-progress', {
          autoClose: false
        });
        try {
          save(await exportRevision(revisionId, to));
        } finally {
          Notification.dismiss(busy);
        }
      }
    });
  }
};

async function askFormat(): Promise<string | null> {
  const items = FORMATS.map(([, label]) => label);
  const answer = await InputDialog.getItem({
    title: 'Export as',
    items,
    okLabel: 'Export'
  });
  const chosen = answer.button.accept ? items.indexOf(answer.value ?? '') : -1;
  return FORMATS[chosen]?.[0] ?? null;
}

/** The path of the new notebook; null if the user rather not. */
async function saveAs(
  contents: Contents.IManager,
  revisionId: string
): Promise<string | null> {
  const revision = await getRevision(revisionId);
  const { path } = await getNotebook(revision.notebook_id);
  const stem = path.slice(0, path.length - PathExt.extname(path).length);
  const answer = await InputDialog.getText({
    title: `Save r${revision.number} as a new notebook`,
    text: `${stem}-r${revision.number}.ipynb`,
    okLabel: 'Save'
  });
  const name = answer.value?.trim();
  if (!answer.button.accept || !name) {
    return null;
  }
  const target = name.endsWith('.ipynb') ? name : `${name}.ipynb`;
  const isTaken = await contents.get(target, { content: false }).then(
    () => true,
    () => false
  );
  if (isTaken) {
    throw new Error(`${target} exists already. Choose another name.`);
  }
  const { notebook } = await getRevisionDocument(revisionId, true);
  await contents.save(target, { type: 'notebook', format: 'json', content: notebook });
  return target;
}

/** Have the browser save a file. */
function save({ name, content }: { name: string; content: Blob }): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The download has begun by then.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
