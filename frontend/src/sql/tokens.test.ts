import { tokenize } from './tokens';

describe('tokens', () => {
  it.each([
    'SELECT \'it\'\'s\' AS "a""b", `c` FROM t -- end\n',
    '/* open',
    "'open",
    '"open',
    'bin(time, 5m) >= 1.5e-3 ${a:csv}$b[[c]] $ [ {',
    'größe € 😀',
    '',
  ])('lose nothing: %j', (sql) => {
    expect(
      tokenize(sql)
        .map(({ text }) => text)
        .join('')
    ).toBe(sql);
  });

  it('are told apart', () => {
    expect(
      tokenize('a \'b\' "c" 5m $d -- e')
        .filter(({ kind }) => kind !== 'blank')
        .map(({ kind }) => kind)
    ).toEqual(['word', 'string', 'quoted', 'number', 'variable', 'comment']);
  });
});
