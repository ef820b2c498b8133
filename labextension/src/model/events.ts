/** Live changes of the store, from Jupyter's event stream, coalesced. */

import type { Event, ServiceManager } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';

import { getStatus } from '../api/client';
import { type ChangeEvent, EVENT_SCHEMA_ID } from '../api/generated';
import { ApiError } from '../api/request';
import type { INbtrackChanges } from '../tokens';

/** Enough to feel live, few enough not to flood the server in a logging loop. */
const QUIET_MS = 250;

/** How often a server that went away is asked whether it is back. */
const RETRY_MS = 5000;

type Change = ChangeEvent & { everything: boolean };

export class ChangeFeed implements INbtrackChanges {
  constructor(services: ServiceManager.IManager) {
    services.events.stream.connect(this.onEvent, this);
    services.connectionFailure.connect(this.onFailure, this);
    document.addEventListener('visibilitychange', () => this.onVisible());
  }

  get changed(): ISignal<INbtrackChanges, Change> {
    return this._changed;
  }

  /** Events of a paused feed are kept and told on resumption. */
  setPaused(paused: boolean): void {
    this._paused = paused;
    this.schedule();
  }

  private onEvent(_: unknown, event: Event.Emission): void {
    if (event['schema_id'] !== EVENT_SCHEMA_ID) {
      return;
    }
    const data = event as unknown as ChangeEvent;
    data.run_ids.forEach(id => this._runs.add(id));
    data.notebook_ids.forEach(id => this._notebooks.add(id));
    this.schedule();
  }

  /** The server went away: what it told meanwhile is lost, so ask for all when it is back. */
  private onFailure(): void {
    if (this._isLost) {
      return;
    }
    this._isLost = true;
    const retry = () => {
      getStatus().then(back, (error: unknown) => {
        if (error instanceof ApiError && error.code === 'network') {
          window.setTimeout(retry, RETRY_MS);
        } else {
          back();
        }
      });
    };
    const back = () => {
      this._isLost = false;
      this._everything = true;
      this.schedule();
    };
    window.setTimeout(retry, RETRY_MS);
  }

  /** A hidden page's socket may have slept. */
  private onVisible(): void {
    if (document.visibilityState === 'visible') {
      this._everything = true;
      this.schedule();
    }
  }

  private schedule(): void {
    const nothing = !this._everything && !this._runs.size && !this._notebooks.size;
    if (this._paused || nothing || this._timer !== null) {
      return;
    }
    this._timer = window.setTimeout(() => this.flush(), QUIET_MS);
  }

  private flush(): void {
    this._timer = null;
    const change = {
      run_ids: [...this._runs],
      notebook_ids: [...this._notebooks],
      everything: this._everything
    };
    this._runs.clear();
    this._notebooks.clear();
    this._everything = false;
    this._changed.emit(change);
  }

  private _isLost = false;
  private _paused = false;
  private _runs = new Set<string>();
  private _notebooks = new Set<string>();
  private _everything = false;
  private _timer: number | null = null;
  private _changed = new Signal<this, Change>(this);
}
