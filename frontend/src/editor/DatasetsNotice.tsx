// Why there is no dataset to choose, where there is none.
import { css } from '@emotion/css';
import { Alert } from '@grafana/ui';
import React from 'react';

import type { Known } from './useKnowledge';

export function DatasetsNotice({ known: { failure, isLoading, datasets } }: { known: Known }) {
  if (failure) {
    return (
      <Alert severity="warning" title={`The datasets cannot be listed: ${failure}`} className={notice}>
        Names can be typed all the same.
      </Alert>
    );
  }
  if (isLoading || datasets.length > 0) {
    return null;
  }
  return (
    <Alert severity="info" title="This data source has no datasets" className={notice}>
      Name a database in its settings, and the built-in ones appear; or write SQL over native tables.
    </Alert>
  );
}

const notice = css({ marginBottom: 0, overflowWrap: 'anywhere' });
