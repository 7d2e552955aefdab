// A field for SQL: Grafana's Monaco with completion, faults marked, Ctrl or Cmd with Enter to run.
import { CodeEditor, type Monaco, type MonacoEditor, type monacoTypes } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';

import { LANGUAGE, registerIntelligence } from './intelligence';
import type { Knowledge } from './knowledge';
import { problems, type Problem } from './problems';

interface Props {
  label: string;
  sql: string;
  knowledge: Knowledge;
  /** What the engine found wrong with `sql`. */
  fault?: Problem;
  height?: number;
  onChange: (sql: string) => void;
  onRun: (sql: string) => void;
}

/** Monaco is as wide as it was laid out: without this, a page that gets narrower could not shrink around it. */
const SIZED_BY_PAGE = { contain: 'inline-size' } as const;

export function SqlField({ label, sql, knowledge, fault, height = 200, onChange, onRun }: Props) {
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
    const intelligence = registerIntelligence(monaco, editor, () => latest.current.knowledge);
    return () => [run, typing, ...intelligence].forEach((registered) => registered.dispose());
  }, [mounted]);

  const { macros, route } = knowledge;
  useEffect(() => {
    const model = mounted?.editor.getModel();
    if (mounted && model) {
      const all = [...problems(sql, macros, route), ...(fault ? [fault] : [])];
      mounted.monaco.editor.setModelMarkers(
        model,
        'switchboard',
        all.map((problem) => marker(mounted.monaco, model, problem))
      );
    }
  }, [mounted, sql, macros, route, fault]);

  return (
    <div style={SIZED_BY_PAGE}>
      <CodeEditor
        language={LANGUAGE}
        value={sql}
        height={height}
        width="100%"
        showLineNumbers
        showMiniMap={false}
        monacoOptions={{
          ariaLabel: label,
          automaticLayout: true,
          wordWrap: 'on',
          fixedOverflowWidgets: true,
          // Values are offered within quotes.
          quickSuggestions: { other: true, comments: false, strings: true },
        }}
        onEditorDidMount={(editor, monaco) => setMounted({ editor, monaco })}
        onBlur={onChange}
      />
    </div>
  );
}

function marker(
  monaco: Monaco,
  model: monacoTypes.editor.ITextModel,
  { from, to, message }: Problem
): monacoTypes.editor.IMarkerData {
  const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)];
  return {
    severity: monaco.MarkerSeverity.Error,
    message,
    startLineNumber: start.lineNumber,
    startColumn: start.column,
    endLineNumber: end.lineNumber,
    endColumn: end.column,
  };
}
