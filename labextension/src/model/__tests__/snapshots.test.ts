import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { YNotebook } from '@jupyter/ydoc';

import type { SnapshotReply, SnapshotRequest } from '../../api/generated';
import { DocumentChanges } from '../snapshotsChanges';
import { SnapshotQueue } from '../snapshotsQueue';
import {
  applyDelta,
  withinLimit,
  type CellJson,
  type DocumentDelta,
  type DocumentState
} from '../snapshotsState';

function cell(id: string, source: string): CellJson {
  return {
    id,
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null
  };
}

function state(cells: CellJson[]): DocumentState {
  return {
    order: cells.map(({ id }) => id),
    cells: new Map(cells.map(each => [each.id, each])),
    metadata: {},
    nbformat: 4,
    nbformatMinor: 5
  };
}

function edit(...cells: CellJson[]): DocumentDelta {
  return { order: ['a', 'b'], cells, metadata: null };
}

class Refused extends Error {
  constructor(readonly status: number | null) {
    super(`status ${status}`);
  }
}

/** The server's side of the protocol: it holds states by number and knows when it lost them. */
class Server {
  readonly seen: { request: SnapshotRequest; texts: Record<string, string> }[] = [];
  refuse: (request: SnapshotRequest) => number | null | undefined = () => undefined;

  forget(): void {
    this.held.clear();
  }

  async post(request: SnapshotRequest): Promise<SnapshotReply> {
    await Promise.resolve();
    const status = this.refuse(request);
    if (status !== undefined) {
      throw new Refused(status);
    }
    const after = this.understand(request);
    this.held.clear();
    this.held.set(request.sequence, after);
    const texts = Object.fromEntries(
      after.order.map(id => [id, String(after.cells.get(id)!.source)])
    );
    this.seen.push({ request, texts });
    return {
      sequence: request.sequence,
      notebook_id: 'n',
      revision: null,
      created: true
    };
  }

  private understand(request: SnapshotRequest): DocumentState {
    if (request.notebook) {
      return state(request.notebook.cells as CellJson[]);
    }
    const base = this.held.get(request.base!);
    if (!base) {
      throw new Refused(409);
    }
    const delta = {
      order: request.order!,
      cells: request.cells as CellJson[],
      metadata: null
    };
    applyDelta(base, delta);
    return base;
  }

  private readonly held = new Map<number, DocumentState>();
}

function queueOf(server: Server, maxEntries?: number): SnapshotQueue {
  return new SnapshotQueue({
    documentId: 'd',
    state: state([cell('a', '1'), cell('b', '1')]),
    post: request => server.post(request),
    explain: error => ({
      status: error instanceof Refused ? error.status : 400,
      message: String(error)
    }),
    report: () => undefined,
    sleep: () => new Promise(resolve => setImmediate(resolve)),
    maxEntries
  });
}

function execute(msgId: string) {
  return { reason: 'execute', path: 'n.ipynb', msg_id: msgId, cell_id: 'a' } as const;
}

const OPEN = { reason: 'open', path: 'n.ipynb' } as const;

test('the first request is whole, later ones say what changed since the last', async () => {
  const server = new Server();
  const queue = queueOf(server);
  void queue.push(OPEN, edit());
  await queue.push(execute('m1'), edit(cell('a', '2')));
  const [open, run] = server.seen;
  assert.ok(open!.request.notebook);
  assert.equal(run!.request.notebook, undefined);
  assert.equal(run!.request.base, open!.request.sequence);
  assert.deepEqual(run!.texts, { a: '2', b: '1' });
});

test('a server that lost the document gets each state as it was at its execution', async () => {
  const server = new Server();
  const queue = queueOf(server);
  await queue.push(OPEN, edit());
  server.forget();
  void queue.push(execute('m1'), edit(cell('a', 'first')));
  await queue.push(execute('m2'), edit(cell('a', 'second')));
  assert.deepEqual(
    server.seen.slice(1).map(({ request, texts }) => [request.msg_id, texts.a]),
    [
      ['m1', 'first'],
      ['m2', 'second']
    ]
  );
});

test('while the server is away nothing is lost, and order is kept', async () => {
  const server = new Server();
  const queue = queueOf(server);
  await queue.push(OPEN, edit());
  let failures = 5;
  server.refuse = () => (failures-- > 0 ? (failures % 2 ? null : 503) : undefined);
  void queue.push(execute('m1'), edit(cell('a', '2')));
  await queue.push(execute('m2'), edit(cell('b', '2')));
  assert.deepEqual(
    server.seen.slice(1).map(({ request, texts }) => [request.msg_id, texts]),
    [
      ['m1', { a: '2', b: '1' }],
      ['m2', { a: '2', b: '2' }]
    ]
  );
});

test('who waits for an answer is told at once that the server is away', async () => {
  const server = new Server();
  const queue = queueOf(server);
  await queue.push(OPEN, edit());
  let away = true;
  server.refuse = () => (away ? null : undefined);
  const facts = { reason: 'before_restore', path: 'n.ipynb' } as const;
  await assert.rejects(queue.push(facts, edit(cell('a', 'kept')), true));
  away = false;
  await queue.drained();
  assert.deepEqual(
    server.seen.slice(1).map(({ request, texts }) => [request.reason, texts.a]),
    [['sync', 'kept']]
  );
});

test('a request that is refused for good does not stop the ones after it', async () => {
  const server = new Server();
  const queue = queueOf(server);
  await queue.push(OPEN, edit());
  server.refuse = request => (request.msg_id === 'm1' ? 400 : undefined);
  await assert.rejects(queue.push(execute('m1'), edit(cell('a', '2'))));
  await queue.push(execute('m2'), edit(cell('b', '2')));
  assert.deepEqual(server.seen.at(-1)!.texts, { a: '2', b: '2' });
});

test('a full queue merges its oldest entries and keeps their changes', async () => {
  const server = new Server();
  const queue = queueOf(server, 3);
  let away = true;
  server.refuse = () => (away ? null : undefined);
  void queue.push(OPEN, edit());
  for (let run = 0; run < 10; run++) {
    const changed = run === 0 ? cell('b', 'early') : cell('a', String(run));
    void queue.push(execute(`m${run}`), edit(changed));
  }
  assert.ok(queue.size <= 3);
  away = false;
  await queue.drained();
  assert.deepEqual(server.seen.at(-1)!.texts, { a: '9', b: 'early' });
});

const opened: YNotebook[] = [];
afterEach(() => opened.splice(0).forEach(notebook => notebook.dispose()));

function sharedNotebook(): YNotebook {
  const notebook = YNotebook.create({
    data: {
      cells: [
        { ...cell('a', 'x'), metadata: { trusted: true, tag: 1 } },
        cell('b', 'y'),
        cell('c', 'z')
      ],
      metadata: {},
      nbformat: 4,
      nbformat_minor: 5
    } as never
  });
  opened.push(notebook);
  return notebook;
}

test('a change names the cells it touched, outputs written from elsewhere included', () => {
  const notebook = sharedNotebook();
  const changes = new DocumentChanges(notebook);
  changes.whole();
  notebook.cells[0]!.updateSource(0, 0, 'a = ');
  (notebook.cells[2] as unknown as { setOutputs(o: unknown[]): void }).setOutputs([
    { output_type: 'stream', name: 'stdout', text: 'hello' }
  ]);
  const delta = changes.take();
  assert.deepEqual(
    delta.cells.map(({ id }) => id),
    ['a', 'c']
  );
  assert.equal(delta.cells[0]!.source, 'a = x');
  assert.equal(changes.take().cells.length, 0);
  changes.dispose();
});

test('a moved cell counts as changed, and the order is given', () => {
  const notebook = sharedNotebook();
  const changes = new DocumentChanges(notebook);
  changes.whole();
  notebook.moveCell(2, 0);
  const delta = changes.take();
  assert.deepEqual(delta.order, ['c', 'a', 'b']);
  assert.deepEqual(
    delta.cells.map(({ id }) => id),
    ['c']
  );
  changes.dispose();
});

test('what is taken is frozen, and says nothing of trust', () => {
  const notebook = sharedNotebook();
  const changes = new DocumentChanges(notebook);
  const whole = changes.whole();
  notebook.cells[0]!.updateSource(0, 1, 'later');
  assert.equal(whole.cells.get('a')!.source, 'x');
  assert.deepEqual(whole.cells.get('a')!.metadata, { tag: 1 });
  changes.dispose();
});

test('over the limit the largest outputs give way to a note', () => {
  const big = {
    ...cell('a', 'x'),
    outputs: [{ output_type: 'stream', text: 'o'.repeat(5000) }]
  };
  const small = { ...cell('b', 'y'), outputs: [{ output_type: 'stream', text: 'ok' }] };
  const [first, second] = withinLimit([big, small], 1000);
  assert.match(JSON.stringify(first!.outputs), /not recorded/);
  assert.equal(first!.source, 'x');
  assert.deepEqual(second, small);
});
