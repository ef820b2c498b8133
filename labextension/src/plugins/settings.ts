/** The typed settings, and the feed of live changes they can pause. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type ISignal, Signal } from '@lumino/signaling';

import { ChangeFeed } from '../model/events';
import { INbtrackChanges, INbtrackSettings, type ISettings } from '../tokens';

const PLUGIN_ID = 'nbtrack:plugin';

/** Used where there is no setting registry, and until it answered. */
const DEFAULTS: ISettings = {
  captureSnapshots: true,
  liveUpdates: true,
  loadInKernels: true,
  runsPerPage: 50
};

class Settings implements INbtrackSettings {
  get current(): ISettings {
    return this._current;
  }

  get changed(): ISignal<INbtrackSettings, ISettings> {
    return this._changed;
  }

  async load(registry: ISettingRegistry): Promise<void> {
    const settings = await registry.load(PLUGIN_ID);
    const read = () => {
      this._current = { ...DEFAULTS, ...(settings.composite as Partial<ISettings>) };
      this._changed.emit(this._current);
    };
    settings.changed.connect(read);
    read();
  }

  private _current = DEFAULTS;
  private _changed = new Signal<this, ISettings>(this);
}

export const settingsPlugin: JupyterFrontEndPlugin<INbtrackSettings> = {
  id: PLUGIN_ID,
  description: 'Reads the settings of nbtrack.',
  autoStart: true,
  provides: INbtrackSettings,
  optional: [ISettingRegistry],
  activate: (_: JupyterFrontEnd, registry: ISettingRegistry | null) => {
    const settings = new Settings();
    if (registry) {
      settings.load(registry).catch((error: unknown) => {
        console.warn('nbtrack runs with its default settings.', error);
      });
    }
    return settings;
  }
};

export const changesPlugin: JupyterFrontEndPlugin<INbtrackChanges> = {
  id: 'nbtrack:changes',
  description: 'Tells the other plugins what changed in the store.',
  autoStart: true,
  requires: [INbtrackSettings],
  provides: INbtrackChanges,
  activate: (app: JupyterFrontEnd, settings: INbtrackSettings) => {
    const feed = new ChangeFeed(app.serviceManager);
    const apply = () => feed.setPaused(!settings.current.liveUpdates);
    settings.changed.connect(apply);
    apply();
    return feed;
  }
};
