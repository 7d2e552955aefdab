// An annotation's query: the query editor, and which columns mean what.
import type { AnnotationQuery, QueryEditorProps } from '@grafana/data';
import { Text } from '@grafana/ui';
import React from 'react';

import type { DataSource } from '../datasource';
import { QueryEditor } from '../editor/QueryEditor';
import { isAboutItself } from '../kind';
import type { SwitchboardOptions, SwitchboardQuery } from '../types';

type Props = QueryEditorProps<DataSource, SwitchboardQuery, SwitchboardOptions> & {
  annotation?: AnnotationQuery<SwitchboardQuery>;
  onAnnotationChange?: (annotation: AnnotationQuery<SwitchboardQuery>) => void;
};

export function AnnotationEditor({ query, ...props }: Props) {
  return (
    <>
      <QueryEditor {...props} query={{ ...query, format: 'annotations' }} isFormatFixed />
      {!isAboutItself(query) && (
        <Text variant="bodySmall" color="secondary">
          Columns by name: time (needed), timeEnd for a range, text, tags with commas between, id.
        </Text>
      )}
    </>
  );
}
