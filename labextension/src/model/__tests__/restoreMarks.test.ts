/** Two people who restore one shared notebook at the same moment. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { YNotebook } from '@jupyter/ydoc';
import * as Y from 'yjs';

import { RestoreMark } from '../restoreMarks';

/** What a line between two browsers does. */
function exchange(a: YNotebook, b: YNotebook): void {
  Y.applyUpdate(b.ydoc, Y.encodeStateAsUpdate(a.ydoc));
  Y.applyUpdate(a.ydoc, Y.encodeStateAsUpdate(b.ydoc));
}

interface Person {
  notebook: YNotebook;
  restoredAgain: number;
  leave: () => void;
}

/** Restore on each side, `meet` in between, and wait for what follows. */
async function restores(meet: (a: YNotebook, b: YNotebook) => void): Promise<Person[]> {
  const people = [0, 1].map(() => ({
    notebook: new YNotebook(),
    restoredAgain: 0,
    leave: () => undefined as void
  }));
  const [ada, bob] = people as [Person, Person];
  for (const person of [ada, bob]) {
    const mark = new RestoreMark(person.notebook);
    mark.write();
    person.leave = mark.watch(() => (person.restoredAgain += 1));
    meet(ada.notebook, bob.notebook);
  }
  exchange(ada.notebook, bob.notebook);
  await new Promise(resolve => setTimeout(resolve, 600));
  people.forEach(person => person.leave());
  people.forEach(person => person.notebook.dispose());
  return people;
}

test('of two restores that did not know each other, one is made again', async () => {
  const people = await restores(() => undefined);
  assert.deepEqual(people.map(person => person.restoredAgain).sort(), [0, 1]);
});

test('a restore after another one is an edit like any other', async () => {
  const people = await restores(exchange);
  assert.deepEqual(
    people.map(person => person.restoredAgain),
    [0, 0]
  );
});
