/** Two texts beside each other in CodeMirror's merge view, which is loaded when first needed. */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';

import type { ShowBeside } from '../components/diff/types';

/** How to show texts beside each other, in the look and with the languages of JupyterLab. */
export async function besideEditors(
  languages: IEditorLanguageRegistry | null
): Promise<ShowBeside> {
  const [merge, view, state, codemirror] = await Promise.all([
    import('@codemirror/merge'),
    import('@codemirror/view'),
    import('@codemirror/state'),
    import('@jupyterlab/codemirror')
  ]);
  const [code, markdown] = await Promise.all([
    languages?.getLanguage('ipython'),
    languages?.getLanguage('ipythongfm')
  ]);
  return (parent, before, after, cellType) => {
    const language = { code, markdown }[cellType]?.support;
    const extensions = [
      codemirror.jupyterTheme,
      view.lineNumbers(),
      view.EditorView.lineWrapping,
      view.EditorView.editable.of(false),
      state.EditorState.readOnly.of(true),
      language ?? []
    ];
    const side = (name: string) =>
      view.EditorView.contentAttributes.of({ 'aria-label': `${name}, read-only` });
    const shown = new merge.MergeView({
      a: { doc: before, extensions: [...extensions, side('Before')] },
      b: { doc: after, extensions: [...extensions, side('After')] },
      parent,
      collapseUnchanged: { margin: 3, minSize: 6 },
      gutter: true
    });
    return () => shown.destroy();
  };
}
