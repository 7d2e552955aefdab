// A field for SQL: Grafana's Monaco with completion, faults marked, Ctrl or Cmd with Enter to run.
import { CodeEditor, type Monaco, type MonacoEditor, type monacoTypes } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';

import { complete, type Knowledge, type SuggestionKind } from './completion';
import { problems } from './problems';

interface Props {
  label: string;
  sql: string;
  knowledge: Knowledge;
  height?: number;
  onChange: (sql: string) => void;
  onRun: (sql: string) => void;
}

const LANGUAGE = 'sql';

export function SqlField({ label, sql, knowledge, height = 200, onChange, onRun }: Props) {
  // Monaco keeps what it is given when it starts; these are always the latest.
  const latest = useRef({ knowledge, onChange, onRun });
  useEffect(() => {
    latest.current = { knowledge, onChange, onRun };
  });
  const [mounted, setMounted] = useState<{ editor: MonacoEditor; monaco: Monaco }>();

  useEffect(() => {
    if (!mounted) {
      return;
    }
    const { editor, monaco } = mounted;
    const run = editor.addAction({
      id: 'switchboard-run',
      label: 'Run query',
      keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter],
      run: () => latest.current.onRun(editor.getValue()),
    });
    const typing = editor.onDidChangeModelContent(() => latest.current.onChange(editor.getValue()));
    const provider = monaco.languages.registerCompletionItemProvider(LANGUAGE, {
      triggerCharacters: ['$', '(', ' '],
      provideCompletionItems: (model, position) =>
        model === editor.getModel()
          ? { suggestions: suggest(monaco, model, position, latest.current.knowledge) }
          : { suggestions: [] },
    });
    return () => [run, typing, provider].forEach((registered) => registered.dispose());
  }, [mounted]);

  const { macros, route } = knowledge;
  useEffect(() => {
    const model = mounted?.editor.getModel();
    if (mounted && model) {
      mounted.monaco.editor.setModelMarkers(
        model,
        'switchboard',
        markers(mounted.monaco, model, sql, { macros, route })
      );
    }
  }, [mounted, sql, macros, route]);

  return (
    <CodeEditor
      language={LANGUAGE}
      value={sql}
      height={height}
      width="100%"
      showLineNumbers
      showMiniMap={false}
      monacoOptions={{ ariaLabel: label, automaticLayout: true, wordWrap: 'on', fixedOverflowWidgets: true }}
      onEditorDidMount={(editor, monaco) => setMounted({ editor, monaco })}
      onBlur={onChange}
    />
  );
}

function suggest(
  monaco: Monaco,
  model: monacoTypes.editor.ITextModel,
  position: monacoTypes.Position,
  knowledge: Knowledge
): monacoTypes.languages.CompletionItem[] {
  const { from, suggestions } = complete(model.getValue(), model.getOffsetAt(position), knowledge);
  const range = monaco.Range.fromPositions(model.getPositionAt(from), position);
  const kinds: Record<SuggestionKind, monacoTypes.languages.CompletionItemKind> = {
    dataset: monaco.languages.CompletionItemKind.Struct,
    column: monaco.languages.CompletionItemKind.Field,
    macro: monaco.languages.CompletionItemKind.Snippet,
    function: monaco.languages.CompletionItemKind.Function,
    keyword: monaco.languages.CompletionItemKind.Keyword,
    variable: monaco.languages.CompletionItemKind.Variable,
    value: monaco.languages.CompletionItemKind.Value,
  };
  return suggestions.map(({ kind, label, insert, detail, documentation }, index) => ({
    label,
    kind: kinds[kind],
    insertText: insert,
    insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet,
    detail,
    documentation,
    filterText: label,
    // In the order they were thought of: columns before functions, functions before keywords.
    sortText: String(index).padStart(4, '0'),
    range,
  }));
}

function markers(
  monaco: Monaco,
  model: monacoTypes.editor.ITextModel,
  sql: string,
  { macros, route }: Pick<Knowledge, 'macros' | 'route'>
): monacoTypes.editor.IMarkerData[] {
  return problems(sql, macros, route).map(({ from, to, message }) => {
    const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)];
    return {
      severity: monaco.MarkerSeverity.Error,
      message,
      startLineNumber: start.lineNumber,
      startColumn: start.column,
      endLineNumber: end.lineNumber,
      endColumn: end.column,
    };
  });
}
