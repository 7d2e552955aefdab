// Lays a statement out. The formatter is large, so it is loaded when it is first asked for.
import { isTrivia, tokenize } from '../sql/tokens';

export async function formatSql(sql: string): Promise<string> {
  const { formatDialect, trino } = await import('sql-formatter');
  const formatted = formatDialect(sql, {
    dialect: trino,
    keywordCase: 'upper',
    tabWidth: 2,
    paramTypes: {
      custom: [
        { regex: String.raw`\$\{[^}]*\}` },
        { regex: String.raw`\$\w+` },
        { regex: String.raw`\[\[\w+(?::\w+)?\]\]` },
        // Timestream's widths, which Trino does not know.
        { regex: String.raw`\b\d+(?:ns|us|ms|s|m|h|d|w)\b` },
      ],
    },
  });
  // A layout that changes what the statement says is none.
  return isSame(sql, formatted) ? withCallsJoined(sql, formatted) : sql;
}

/** The formatter sets functions that it does not know apart from their parentheses: back as they were. */
function withCallsJoined(sql: string, formatted: string): string {
  const joined = tokenize(sql)
    .map((token, index, all) => ({ token, isJoined: index > 0 && !isTrivia(all[index - 1]!) }))
    .filter(({ token }) => token.kind !== 'blank');
  const tokens = tokenize(formatted);
  let place = 0;
  return tokens
    .map(({ kind, text }, index) => {
      const next = tokens[index + 1];
      if (kind !== 'blank') {
        place++;
        return text;
      }
      return text === ' ' && next?.text === '(' && joined[place]?.isJoined ? '' : text;
    })
    .join('');
}

function isSame(one: string, other: string): boolean {
  const essence = (sql: string) =>
    tokenize(sql)
      .filter((token) => !isTrivia(token) || token.kind === 'comment')
      .map(({ kind, text }) => (kind === 'word' ? text.toLowerCase() : text.trim()))
      .join('\n');
  return essence(one) === essence(other);
}
