import type { DataSource } from '../datasource';
import { complete } from './completion';
import { settled } from './intelligence';
import type { Knowledge } from './knowledge';
import { Lists, type Need } from './lists';

const need = (path: string, parameters: Need['parameters'] = {}): Need => ({ path, parameters });

/** A data source that answers by path, and what it was asked. */
function source(answers: Record<string, unknown[] | Error>) {
  const asked: string[] = [];
  const answer = async (path: string) => {
    asked.push(path);
    const found = answers[path];
    if (!found || found instanceof Error) {
      throw found ?? new Error('nothing');
    }
    return found;
  };
  const datasource = {
    names: (path: string) => answer(path),
    columnValues: (key: string, range: object) => answer(`values of ${key} ${JSON.stringify(range)}`),
  };
  return { lists: new Lists(datasource as unknown as DataSource), asked };
}

describe('lists', () => {
  it('are asked for once', async () => {
    const { lists, asked } = source({ 'realtime/tables': ['a'], 'realtime/columns': [{ name: 'x', type: 'double' }] });
    const tables = need('realtime/tables', { database: 'd', catalog: undefined });
    expect(lists.get(tables)).toBeUndefined();
    await Promise.all([lists.fetch([tables]), lists.fetch([tables, need('realtime/columns')])]);
    await lists.fetch([need('realtime/tables', { database: 'd' })]);
    expect(asked).toEqual(['realtime/tables', 'realtime/columns']);
    expect(lists.get(tables)).toEqual([{ name: 'a' }]);
    expect(lists.get(need('realtime/columns'))).toEqual([{ name: 'x', type: 'double' }]);
  });

  it('that cannot be had are empty, and asked for again after a while', async () => {
    jest.useFakeTimers();
    const { lists, asked } = source({ 'realtime/tables': new Error('denied') });
    await lists.fetch([need('realtime/tables')]);
    await lists.fetch([need('realtime/tables')]);
    expect(lists.get(need('realtime/tables'))).toEqual([]);
    expect(asked).toHaveLength(1);
    jest.advanceTimersByTime(61_000);
    expect(lists.get(need('realtime/tables'))).toBeUndefined();
    jest.useRealTimers();
  });

  it('of values are of a column and a range', async () => {
    const { lists, asked } = source({ 'values of contacts.queue {"from":1,"to":2}': ['Billing'] });
    const values = need('tag-values', { key: 'contacts.queue', from: '1', to: '2' });
    await lists.fetch([values, need('tag-values', { key: 'x' })]);
    expect(lists.get(values)).toEqual([{ name: 'Billing' }]);
    expect(asked[1]).toBe('values of x {}');
  });
});

describe('waiting for lists', () => {
  const knowledge = (lists: Lists): Knowledge => ({
    ...{ route: 'realtime', datasets: [], macros: [], variables: [], places: { realtime: {} } },
    ...{ listed: lists.get, fetch: lists.fetch },
  });
  const thinking = (known: Knowledge) => () => {
    const sql = 'SELECT * FROM connect.';
    return complete(sql, sql.length, known);
  };

  it('goes on until all is known', async () => {
    const { lists, asked } = source({ 'realtime/databases': ['connect'], 'realtime/tables': ['a', 'b'] });
    const known = knowledge(lists);
    const { thought, isComplete } = await settled(thinking(known), () => known, { isCancellationRequested: false });
    expect(thought.suggestions.map(({ label }) => label)).toEqual(['a', 'b']);
    expect(isComplete).toBe(true);
    expect(asked).toEqual(['realtime/databases', 'realtime/tables']);
  });

  it('ends where the answer is late, and where nobody waits any more', async () => {
    jest.useFakeTimers();
    const { lists } = source({});
    const known = { ...knowledge(lists), fetch: () => new Promise<void>(() => undefined) };
    const waiting = settled(thinking(known), () => known, { isCancellationRequested: false });
    await jest.advanceTimersByTimeAsync(2_500);
    expect(await waiting).toMatchObject({ isComplete: false, thought: { suggestions: [] } });
    const given = jest.fn();
    await settled(thinking(known), () => ({ ...known, fetch: given }), { isCancellationRequested: true });
    expect(given).not.toHaveBeenCalled();
    jest.useRealTimers();
  });
});
