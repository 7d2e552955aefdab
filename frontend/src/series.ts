// Names of series in answers. A label without a value is called "(none)", where Grafana would count: "contacts 1".
import { FieldType, getFieldDisplayName, type DataFrame, type Field } from '@grafana/data';

const NONE = '(none)';

/** The frames, with a name for each series that has a label without a value. The labels, which identify it, stay. */
export function namedFrames(frames: DataFrame[]): DataFrame[] {
  if (!frames.some(({ fields }) => fields.some(isNameless))) {
    return frames;
  }
  const spoken = frames.map((frame) => ({ ...frame, fields: frame.fields.map(withSpokenLabels) }));
  return frames.map((frame, at) => ({
    ...frame,
    fields: frame.fields.map((field, index) => {
      if (!isNameless(field)) {
        return field;
      }
      const named = spoken[at]!;
      const displayNameFromDS = getFieldDisplayName(named.fields[index]!, named, spoken);
      return { ...field, config: { ...field.config, displayNameFromDS } };
    }),
  }));
}

function isNameless({ type, labels }: Field): boolean {
  return type !== FieldType.time && Object.values(labels ?? {}).includes('');
}

function withSpokenLabels(field: Field): Field {
  const labels = Object.fromEntries(Object.entries(field.labels ?? {}).map(([name, value]) => [name, value || NONE]));
  return { ...field, labels: field.labels && labels, state: null };
}
