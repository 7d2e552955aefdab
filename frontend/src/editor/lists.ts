// Lists that the SQL editor asks for when they are needed: databases, tables, columns, values. Each is asked for once; one
// that cannot be had is empty for a while, since completion goes on without it.
import type { DataSource } from '../datasource';

/** A list: the resource that answers it, and its parameters. */
export interface Need {
  path: string;
  parameters: Record<string, string | undefined>;
}

/** What a list holds: a name or a value, and a column's type. */
export interface Entry {
  name: string;
  type?: string;
}

/** What is known of a list; nothing where it was not asked for yet. */
export type Listed = (need: Need) => Entry[] | undefined;

/** The path of a column's values, whose parameters are `key`, `from` and `to`. */
export const VALUES = 'tag-values';

/** How long a list that could not be had is not asked for again, in milliseconds. */
const RETRY_AFTER = 60_000;

export class Lists {
  private readonly known = new Map<string, { entries: Entry[]; until: number }>();
  private readonly asked = new Map<string, Promise<void>>();

  constructor(private readonly datasource: DataSource) {}

  readonly get: Listed = (need) => {
    const found = this.known.get(keyOf(need));
    return found && found.until > Date.now() ? found.entries : undefined;
  };

  /** Asks for what is not known; never fails. */
  readonly fetch = async (needs: Need[]): Promise<void> => {
    await Promise.all(needs.map((need) => this.get(need) ?? this.asking(need)));
  };

  private asking(need: Need): Promise<void> {
    const key = keyOf(need);
    const before = this.asked.get(key);
    if (before) {
      return before;
    }
    const asking = this.ask(need)
      .then(
        (entries) => ({ entries, until: Infinity }),
        () => ({ entries: [], until: Date.now() + RETRY_AFTER })
      )
      .then((answer) => {
        this.known.set(key, answer);
        this.asked.delete(key);
      });
    this.asked.set(key, asking);
    return asking;
  }

  private async ask({ path, parameters }: Need): Promise<Entry[]> {
    const { key, from, to } = parameters;
    const answer: unknown[] =
      path === VALUES
        ? await this.datasource.columnValues(key ?? '', from && to ? { from: Number(from), to: Number(to) } : {})
        : await this.datasource.names(path, parameters);
    return answer.map((entry) => (typeof entry === 'string' ? { name: entry } : (entry as Entry)));
  }
}

function keyOf({ path, parameters }: Need): string {
  return `${path}?${JSON.stringify(Object.entries(parameters).filter(([, value]) => value))}`;
}

/** Looks lists up, and notes those that are not known yet. */
export class Desk {
  readonly needs: Need[] = [];

  constructor(private readonly listed: Listed | undefined) {}

  list(path: string, parameters: Need['parameters']): Entry[] {
    const need = { path, parameters };
    const known = this.listed?.(need);
    if (!known && this.listed) {
      this.needs.push(need);
    }
    return known ?? [];
  }
}
