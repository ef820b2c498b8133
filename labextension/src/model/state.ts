/** A small observable: an immutable state, and a signal when another one takes its place. */

import { type ISignal, Signal } from '@lumino/signaling';

export class StateModel<S extends object> {
  constructor(initial: S) {
    this._state = initial;
  }

  get state(): S {
    return this._state;
  }

  get changed(): ISignal<this, S> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** Put members in place; no signal when they are what they were. */
  protected update(patch: Partial<S>): void {
    const keys = Object.keys(patch) as (keyof S)[];
    if (
      this._isDisposed ||
      keys.every(key => Object.is(patch[key], this._state[key]))
    ) {
      return;
    }
    this._state = { ...this._state, ...patch };
    this._changed.emit(this._state);
  }

  private _state: S;
  private _changed = new Signal<this, S>(this);
  private _isDisposed = false;
}
