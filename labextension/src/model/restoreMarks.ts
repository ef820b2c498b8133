/**
 * Finds out that two people restored one shared notebook at the same moment.
 *
 * Each edit of a shared document is merged with all others. Two restores that did not know of each
 * other are merged as well: both bring the deleted cell back, both mend the same word, and it is
 * there twice. So each restore leaves a mark in the document's shared state, with the marks it knew
 * of. Of those that did not know each other, the one with the smallest id restores again.
 */

import type { YNotebook } from '@jupyter/ydoc';
import { UUID } from '@lumino/coreutils';

interface Mark {
  /** Ids of the restores that were in the document before. */
  knew: string[];
}

const PREFIX = 'nbtrack:restore:';
/** Marks that arrive in one stretch are looked at together. */
const SETTLE_MS = 400;
/** A restore that comes later was made by somebody who was away: it is an edit like any other. */
const WATCH_MS = 60_000;

type StateMap = ReturnType<YNotebook['ydoc']['getMap']>;

export class RestoreMark {
  /** Marks are in the part of the document that no file holds. */
  constructor(notebook: YNotebook) {
    this.state = notebook.ydoc.getMap('state');
    this.knew = this.others();
  }

  /** Leave the mark; in the transaction that restores. */
  write(): void {
    this.state.set(PREFIX + this.id, { knew: this.knew } satisfies Mark);
  }

  /**
   * Call back once the document holds another restore at the same moment that gives way.
   *
   * @returns what ends the watch and takes the mark away.
   */
  watch(again: () => void): () => void {
    let settling: ReturnType<typeof setTimeout> | null = null;
    const look = (): void => {
      if (settling === null && this.concurrent().length > 0) {
        settling = setTimeout(() => {
          stop();
          if (this.concurrent().every(id => this.id < id)) {
            again();
          }
        }, SETTLE_MS);
      }
    };
    const stop = (): void => {
      this.state.unobserve(look);
      clearTimeout(end);
      if (settling !== null) {
        clearTimeout(settling);
      }
    };
    const forget = (): void => {
      stop();
      this.state.delete(PREFIX + this.id);
    };
    const end = setTimeout(forget, WATCH_MS);
    this.state.observe(look);
    look();
    return forget;
  }

  private others(): string[] {
    return [...this.state.keys()]
      .filter(key => key.startsWith(PREFIX))
      .map(key => key.slice(PREFIX.length))
      .filter(id => id !== this.id);
  }

  /** Restores that neither knew of this one nor were known to it. */
  private concurrent(): string[] {
    return this.others().filter(id => {
      const mark = this.state.get(PREFIX + id) as Mark;
      return !mark.knew.includes(this.id) && !this.knew.includes(id);
    });
  }

  private readonly id = UUID.uuid4();
  private readonly state: StateMap;
  private readonly knew: string[];
}
