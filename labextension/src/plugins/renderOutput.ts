/** Outputs by JupyterLab's own renderers, which take them as untrusted: nothing in them runs. */

import type { IOutput } from '@jupyterlab/nbformat';
import { type IRenderMimeRegistry, OutputModel } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';

import type { RenderOutput } from '../components/common/Rendered';

export function renderOutput(rendermime: IRenderMimeRegistry): RenderOutput {
  return (output, host) => {
    const value = output as unknown as IOutput;
    const model = new OutputModel({ value, trusted: false });
    const type = rendermime.preferredMimeType(model.data, 'ensure');
    if (!type) {
      const types = Object.keys(model.data).join(', ');
      model.dispose();
      throw new Error(types ? `Not shown: ${types}` : 'An output of no known type');
    }
    const renderer = rendermime.createRenderer(type);
    Widget.attach(renderer, host);
    renderer.renderModel(model).catch((reason: unknown) => {
      host.textContent = String(reason);
    });
    return () => {
      renderer.dispose();
      model.dispose();
    };
  };
}
