// Ties what is known of SQL to Monaco: completion, signatures and descriptions, for the one field that asks.
import type { Monaco, MonacoEditor, monacoTypes } from '@grafana/ui';

import { callAt } from './calls';
import { complete, type SuggestionKind } from './completion';
import { hoverAt } from './hover';
import type { Knowledge } from './knowledge';
import { VALUES, type Need } from './lists';

export const LANGUAGE = 'sql';

/** How long lists are waited for before what is known without them is shown, in milliseconds. */
const PATIENCE = 2_000;

/** Values cost a query: they are asked for once typing pauses this long, in milliseconds. */
const PAUSE = 250;

/** Lists tell of each other: databases, tables, columns. */
const ROUNDS = 4;

type Model = monacoTypes.editor.ITextModel;

/** Registers it for the model of `editor`; `knowledge` answers the latest. Answers what takes it away again. */
export function registerIntelligence(
  monaco: Monaco,
  editor: MonacoEditor,
  knowledge: () => Knowledge
): monacoTypes.IDisposable[] {
  const isOwn = (model: Model) => model === editor.getModel();
  return [
    monaco.languages.registerCompletionItemProvider(LANGUAGE, {
      triggerCharacters: ['$', '(', ' ', '.', '"', "'"],
      provideCompletionItems: (model, position, _context, token) =>
        isOwn(model) ? completions(monaco, model, position, knowledge, token) : { suggestions: [] },
    }),
    monaco.languages.registerSignatureHelpProvider(LANGUAGE, {
      signatureHelpTriggerCharacters: ['(', ','],
      provideSignatureHelp: (model, position) => (isOwn(model) ? signature(model, position, knowledge()) : null),
    }),
    monaco.languages.registerHoverProvider(LANGUAGE, {
      provideHover: (model, position, token) =>
        isOwn(model) ? hover(monaco, model, position, knowledge, token) : null,
    }),
  ];
}

/** What `think` comes to once the lists that it needs are there, or patience ends. */
export async function settled<T extends { needs: Need[] }>(
  think: () => T,
  knowledge: () => Knowledge,
  token: { isCancellationRequested: boolean }
): Promise<{ thought: T; isComplete: boolean }> {
  let isLate = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve();
    }, PATIENCE);
  });
  let thought = think();
  for (let round = 0; round < ROUNDS && thought.needs.length > 0 && !isLate; round++) {
    if (thought.needs.some(({ path }) => path === VALUES)) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    if (token.isCancellationRequested) {
      break;
    }
    await Promise.race([knowledge().fetch?.(thought.needs), patience]);
    thought = think();
  }
  clearTimeout(timer);
  return { thought, isComplete: thought.needs.length === 0 };
}

async function completions(
  monaco: Monaco,
  model: Model,
  position: monacoTypes.Position,
  knowledge: () => Knowledge,
  token: monacoTypes.CancellationToken
): Promise<monacoTypes.languages.CompletionList> {
  const [sql, offset] = [model.getValue(), model.getOffsetAt(position)];
  const { thought, isComplete } = await settled(() => complete(sql, offset, knowledge()), knowledge, token);
  if (token.isCancellationRequested) {
    return { suggestions: [] };
  }
  const { from, to, suggestions } = thought;
  const range = monaco.Range.fromPositions(model.getPositionAt(from), model.getPositionAt(to));
  const kinds: Record<SuggestionKind, monacoTypes.languages.CompletionItemKind> = {
    dataset: monaco.languages.CompletionItemKind.Struct,
    database: monaco.languages.CompletionItemKind.Module,
    table: monaco.languages.CompletionItemKind.Class,
    column: monaco.languages.CompletionItemKind.Field,
    macro: monaco.languages.CompletionItemKind.Snippet,
    function: monaco.languages.CompletionItemKind.Function,
    keyword: monaco.languages.CompletionItemKind.Keyword,
    variable: monaco.languages.CompletionItemKind.Variable,
    value: monaco.languages.CompletionItemKind.Value,
  };
  return {
    // What came too late is there when typing goes on.
    incomplete: !isComplete,
    suggestions: suggestions.map(({ kind, label, insert, detail, documentation, filter }, index) => ({
      // Types and legs are seen of all of them, not of the chosen one alone.
      label: { label, description: detail },
      kind: kinds[kind],
      insertText: insert,
      insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet,
      detail,
      documentation: documentation && { value: documentation },
      filterText: filter ?? label,
      // In the order they were thought of: columns before functions, functions before keywords.
      sortText: String(index).padStart(5, '0'),
      range,
      // After a database its tables come, within a call its arguments.
      command: command(kind, insert),
    })),
  };
}

function command(kind: SuggestionKind, insert: string): monacoTypes.languages.Command | undefined {
  if (kind === 'database') {
    return { id: 'editor.action.triggerSuggest', title: 'Tables' };
  }
  return insert.endsWith('($0)') ? { id: 'editor.action.triggerParameterHints', title: 'Arguments' } : undefined;
}

function signature(
  model: Model,
  position: monacoTypes.Position,
  knowledge: Knowledge
): monacoTypes.languages.SignatureHelpResult | null {
  const call = callAt(model.getValue(), model.getOffsetAt(position), knowledge);
  if (!call) {
    return null;
  }
  const { label, documentation, parameters, active } = call;
  return {
    value: {
      signatures: [
        { label, documentation: { value: documentation }, parameters: parameters.map((place) => ({ label: place })) },
      ],
      activeSignature: 0,
      activeParameter: active,
    },
    dispose: () => undefined,
  };
}

async function hover(
  monaco: Monaco,
  model: Model,
  position: monacoTypes.Position,
  knowledge: () => Knowledge,
  token: monacoTypes.CancellationToken
): Promise<monacoTypes.languages.Hover | null> {
  const [sql, offset] = [model.getValue(), model.getOffsetAt(position)];
  const { thought } = await settled(() => hoverAt(sql, offset, knowledge()), knowledge, token);
  if (!thought.hover) {
    return null;
  }
  const { from, to, title, text } = thought.hover;
  return {
    range: monaco.Range.fromPositions(model.getPositionAt(from), model.getPositionAt(to)),
    contents: [{ value: `\`\`\`${LANGUAGE}\n${title}\n\`\`\`` }, { value: text }],
  };
}
