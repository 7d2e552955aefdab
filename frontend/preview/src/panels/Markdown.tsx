// A text panel.
import { renderTextPanelMarkdown } from '@grafana/data';
import { css } from '@emotion/css';
import { useTheme2 } from '@grafana/ui';
import React from 'react';

import { templates } from '../host/templates';

export function Markdown({ content }: { content: string }) {
  const theme = useTheme2();
  const look = css({
    overflow: 'auto',
    height: '100%',
    p: { margin: theme.spacing(0, 0, 1) },
    code: { whiteSpace: 'normal', overflowWrap: 'anywhere' },
    'a, a:visited': { color: theme.colors.text.link, textDecoration: 'underline' },
  });
  // Sanitised by Grafana's own renderer.
  return (
    <div
      className={look}
      tabIndex={0}
      role="region"
      aria-label="Text"
      dangerouslySetInnerHTML={{ __html: renderTextPanelMarkdown(templates.replace(content)) }}
    />
  );
}
