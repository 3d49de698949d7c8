import { entriesWithNotice } from './log-page.ts';

const entry = { message: 'epoch 1 of 9', level: 20, chunk_index: 0, total_chunks: 1 } as const;

test('an answer that is cut off says so at its end, with the address of the rest', () => {
  const [first, last] = entriesWithNotice({ items: [entry], after: '17~2026+1' }, 'id-of-logs');
  expect(first).toEqual(entry);
  expect(last?.message).toBe(
    'The log goes on: these are its first 1 entries. ' +
      'The next ones: GET /api/v1/logs/id-of-logs/entries?after=17~2026%2B1',
  );
});

test('an answer with all that there is has nothing to say', () => {
  expect(entriesWithNotice({ items: [entry], after: undefined }, 'id-of-logs')).toEqual([entry]);
});
