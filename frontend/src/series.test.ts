import { FieldType, getFieldDisplayName, type DataFrame, type Field, type Labels } from '@grafana/data';

import { namedFrames } from './series';

const time: Field = { name: 'time', type: FieldType.time, config: {}, values: [1] };
const value = (labels?: Labels, name = 'contacts'): Field => ({
  name,
  type: FieldType.number,
  config: {},
  values: [1],
  labels,
});
const frame = (...fields: Field[]): DataFrame => ({ refId: 'A', fields: [time, ...fields], length: 1 });
const namesOf = (frames: DataFrame[]) =>
  frames.flatMap((one) => one.fields.slice(1).map((field) => getFieldDisplayName(field, one, frames)));

describe('a label without a value', () => {
  it('is called (none) beside the others', () => {
    const named = namedFrames([frame(value({ queue: '' }), value({ queue: 'Billing' }))]);
    expect(namesOf(named)).toEqual(['contacts (none)', 'contacts Billing']);
    // What a click filters by, and what alerts tell apart, is what the backend said.
    expect(named[0]!.fields[1]!.labels).toEqual({ queue: '' });
  });

  it('is called so among several labels and frames', () => {
    const several = namedFrames([frame(value({ channel: 'VOICE', queue: '' }), value({ channel: '', queue: '' }))]);
    expect(namesOf(several)).toEqual([
      'contacts {channel="VOICE", queue="(none)"}',
      'contacts {channel="(none)", queue="(none)"}',
    ]);
    const multi = namedFrames([frame(value({ queue: '' })), frame(value({ queue: 'Sales' }))]);
    expect(namesOf(multi)).toEqual(['contacts (none)', 'contacts Sales']);
  });

  it('is all that changes an answer', () => {
    const frames = [frame(value({ queue: 'Billing' }), value(undefined, 'wait'))];
    expect(namedFrames(frames)).toBe(frames);
  });
});
