import type { DataSourceSettings } from '@grafana/data';
import { config } from '@grafana/runtime';
import { screen, waitFor, within } from '@testing-library/react';
import React, { useState } from 'react';

import { serve, type Answers } from '../../tests/backend';
import { renderInPlugin, user } from '../../tests/render';
import { PLUGIN_ID, type SwitchboardOptions, type SwitchboardSecrets } from '../types';
import { ConfigEditor } from './ConfigEditor';

type Settings = DataSourceSettings<SwitchboardOptions, SwitchboardSecrets>;

const CONTACTS = {
  name: 'contacts',
  description: 'One row a contact',
  realtime: { table: 'contact_records', timeColumn: 'time' },
  historical: { table: 'contact_records', timeColumn: 'initiationtimestamp' },
  columns: [{ name: 'queue', type: 'text', realtime: 'queue', historical: 'queue.name' }],
};

const ANSWERS: Answers = {
  regions: () => [
    { name: 'eu-west-1', timestream: true },
    { name: 'eu-west-2', timestream: false },
  ],
  templates: () => [CONTACTS],
  'realtime/databases': () => ['connect', 'other'],
};

/** Shows the page, and answers what it holds and what it asked. */
async function show(jsonData: SwitchboardOptions, answers: Answers = {}, more: Partial<Settings> = {}) {
  const asked = serve({ ...ANSWERS, ...answers });
  config.awsAllowedAuthProviders = ['default', 'keys'];
  const start = {
    id: 1,
    uid: 'u',
    type: PLUGIN_ID,
    name: 'Switchboard',
    version: 1,
    jsonData: { authType: 'default', ...jsonData },
    secureJsonFields: {},
    ...more,
  } as unknown as Settings;
  let held = start;
  function Page() {
    const [options, setOptions] = useState(start);
    held = options;
    return <ConfigEditor options={options} onOptionsChange={setOptions} />;
  }
  await renderInPlugin(<Page />);
  return { settings: () => held.jsonData, options: () => held, asked };
}

describe('the legs', () => {
  it('prefill their regions without writing them', async () => {
    const { settings } = await show({});
    expect(screen.getAllByLabelText('Region').map((input) => (input as HTMLInputElement).value)).toEqual([
      'eu-west-1',
      'eu-west-2',
    ]);
    expect(settings()).toEqual({ authType: 'default' });
  });

  it('mark a region without Timestream at once, with the reason', async () => {
    await show({ realtime: { region: 'eu-west-2' } });
    expect(
      screen.getByText(/Timestream for LiveAnalytics does not exist in eu-west-2\. London has none/)
    ).toBeVisible();
    await waitFor(() => expect(screen.getByText(/It exists in eu-west-1\.$/)).toBeVisible());
  });

  it('offer what is there, and take what is typed', async () => {
    const { settings, asked } = await show({});
    const database = screen.getAllByLabelText(/^Database/)[0]!;
    await user.click(database);
    await user.type(database, 'elsewhere');
    await waitFor(() => expect(asked.some(({ path }) => path === 'realtime/databases')).toBe(true));
    await user.click(await screen.findByRole('option', { name: /elsewhere/ }));
    expect(settings().realtime).toEqual({ database: 'elsewhere' });
  });

  it('say why there is no list to choose from', async () => {
    await show(
      {},
      {
        'realtime/databases': () => {
          throw { data: { message: 'The role may not list databases.' } };
        },
      }
    );
    await user.click(screen.getAllByLabelText(/^Database/)[0]!);
    expect(await screen.findByText(/type the name: The role may not list databases\./)).toBeVisible();
    expect(screen.getByText('No list: type the name.')).toBeVisible();
  });

  it('take out what is emptied', async () => {
    const { settings } = await show({ historical: { outputLocation: 's3://b' } });
    await user.clear(screen.getByLabelText(/^Output location/));
    expect(settings().historical).toEqual({});
  });

  it('can be switched off one by one, and not both', async () => {
    const { settings } = await show({});
    await user.click(screen.getByLabelText('Use the real-time leg'));
    expect(settings().realtime).toEqual({ enabled: false });
    expect(screen.queryByText(/closed to new AWS customers/)).not.toBeInTheDocument();
    await user.click(screen.getByLabelText('Use the historical leg'));
    expect(screen.getByText(/Both legs are switched off/)).toBeVisible();
    await user.click(screen.getByLabelText('Use the real-time leg'));
    expect(settings().realtime).toEqual({});
  });
});

describe('the time line', () => {
  it('moves as retention and lag are edited', async () => {
    await show({});
    const drawn = () => screen.getByTestId('seam').innerHTML;
    const before = drawn();
    expect(screen.getByText(/between 1 h and 23\.8 h ago/)).toBeVisible();
    await user.type(screen.getByLabelText(/^Lag/), '6h');
    expect(screen.getByText(/between 6 h and 23\.8 h ago/)).toBeVisible();
    expect(drawn()).not.toBe(before);
  });

  it('says when no instant is held by both legs', async () => {
    await show({ realtime: { retention: '1h' }, historical: { lag: '2h' } });
    expect(screen.getByText(/no instant is held by both/)).toBeVisible();
  });

  it('takes 0s as a margin and as a lag, and not as a retention', async () => {
    await show({ realtime: { margin: '0s' }, historical: { lag: '0s' } });
    expect(screen.getByText(/between 0 s and 24 h ago/)).toBeVisible();
    expect(screen.queryByText(/Write a duration/)).not.toBeInTheDocument();
    await user.type(screen.getByLabelText(/^Retention/), '0s');
    expect(screen.getByText(/The retention is no duration/)).toBeVisible();
    expect(screen.getByText(/Write a duration/)).toBeVisible();
  });

  it('says which setting is no duration', async () => {
    await show({ realtime: { retention: 'soon' } });
    expect(screen.getByText(/The retention is no duration/)).toBeVisible();
    expect(screen.getByText('Write a duration such as 15m, 24h or 7d.')).toBeVisible();
  });
});

describe('datasets', () => {
  it('start as all built-in ones, and can be changed one by one', async () => {
    const { settings } = await show({});
    await user.click(screen.getByRole('button', { name: 'Choose and change datasets' }));
    expect(settings().datasets).toEqual(['contacts', 'contact_events', 'agent_events']);
    const contacts = screen.getByRole('region', { name: 'Dataset contacts' });
    await user.click(within(contacts).getByRole('button', { name: 'contacts' }));
    expect(within(contacts).getByText('Columns: queue')).toBeVisible();
    await user.click(within(contacts).getByRole('button', { name: 'Change parts of it' }));
    await user.type(within(contacts).getAllByLabelText('Table')[0]!, 't');
    expect(settings().datasets![0]).toEqual({ template: 'contacts', realtime: { table: 't' } });
    await user.click(screen.getByRole('button', { name: 'Remove dataset agent_events' }));
    expect(settings().datasets).toHaveLength(2);
    await user.click(screen.getByRole('button', { name: 'Back to all built-in ones' }));
    expect(settings()).not.toHaveProperty('datasets');
  });

  it('can be copied, and show what is wrong with a name', async () => {
    const { settings } = await show({ datasets: ['contacts'] });
    await user.click(await screen.findByRole('button', { name: 'Copy of contacts' }));
    expect(settings().datasets![1]).toEqual({ ...CONTACTS, name: 'my_contacts' });
    await user.clear(screen.getByLabelText(/^Name.*As \$__dataset/));
    expect(screen.getAllByText(/Write a name of lower-case letters/).length).toBeGreaterThan(0);
  });

  it('show what they become on each leg', async () => {
    const { asked } = await show(
      { datasets: ['contacts'] },
      {
        expand: ({ body }) => {
          if ((body as { leg: string }).leg === 'historical') {
            throw { data: { message: 'The table is missing.' } };
          }
          return { sql: 'SELECT queue FROM connect.contact_records' };
        },
      }
    );
    await user.click(screen.getByRole('button', { name: 'contacts' }));
    await user.click(screen.getByRole('button', { name: 'Preview its SQL' }));
    expect(await screen.findByText('SELECT queue FROM connect.contact_records')).toBeVisible();
    expect(screen.getByText('On Athena: The table is missing.')).toBeVisible();
    expect(asked.filter(({ path }) => path === 'expand').map(({ body }) => body)).toEqual([
      { dataset: 'contacts', leg: 'realtime' },
      { dataset: 'contacts', leg: 'historical' },
    ]);
  });

  it('can be read as their rows come, duplicates and all', async () => {
    const { settings } = await show({ datasets: [{ template: 'contacts' }] });
    await user.click(screen.getByRole('button', { name: 'contacts' }));
    const onTimestream = () => screen.getAllByLabelText(/^Rows may be delivered more than once/)[0]!;
    expect(onTimestream()).toBeChecked();
    await user.click(onTimestream());
    expect(settings().datasets).toEqual([{ template: 'contacts', realtime: { dedupe: false } }]);
    expect(document.getElementById('dataset-realtime-dedupe-key')).toBeNull();
    await user.click(onTimestream());
    expect(settings().datasets).toEqual([{ template: 'contacts', realtime: {} }]);
  });

  it('say once what is wrong on both legs', async () => {
    const expand = () => {
      throw { data: { message: 'The database is missing.' } };
    };
    await show({ datasets: ['contacts'] }, { expand });
    await user.click(screen.getByRole('button', { name: 'contacts' }));
    await user.click(screen.getByRole('button', { name: 'Preview its SQL' }));
    expect(await screen.findAllByText(/The database is missing\./)).toHaveLength(1);
  });

  it('have columns by name, by an expression, or not on a leg', async () => {
    const { settings } = await show({
      datasets: [{ ...CONTACTS, name: 'mine', columns: [{ name: 'a', type: 'text' }] }] as never,
    });
    await user.click(screen.getByRole('button', { name: 'mine' }));
    const athena = screen.getByLabelText('On Athena of column 1');
    expect(athena).toHaveAttribute('placeholder', 'a');
    const columns = () => (settings().datasets![0] as { columns: unknown[] }).columns;
    await user.type(athena, 'false');
    expect(columns()).toEqual([{ name: 'a', type: 'text', historical: false }]);
    expect(athena).toHaveValue('false');
    await user.clear(athena);
    await user.type(athena, 'lower(b)');
    expect(columns()).toEqual([{ name: 'a', type: 'text', historical: 'lower(b)' }]);
    await user.clear(athena);
    expect(columns()).toEqual([{ name: 'a', type: 'text' }]);
  });

  it('are usable when the backend does not answer', async () => {
    await show(
      {},
      {
        templates: () => {
          throw { data: { message: 'Settings are wrong.' } };
        },
      }
    );
    expect(await screen.findByText(/cannot be shown: Settings are wrong\./)).toBeVisible();
  });
});

it('prepared statements are allowed by a switch, and not otherwise', async () => {
  const { settings } = await show({ limits: { maxRows: 5 } });
  const allowed = screen.getByLabelText(/^Allow prepared statements/);
  await user.click(allowed);
  expect(settings().allowExecute).toBe(true);
  await user.click(allowed);
  expect(settings()).not.toHaveProperty('allowExecute');
});

describe('health', () => {
  it('is told leg by leg, with what to do', async () => {
    const legs = {
      realtime: { status: 'ok', service: 'Timestream', region: 'eu-west-1', latencyMs: 120, warnings: ['Short.'] },
      historical: {
        status: 'error',
        service: 'Athena',
        region: 'eu-west-2',
        warnings: [],
        error: 'The role lacks athena:StartQueryExecution.',
        advice: 'Ask whoever manages the AWS account.',
      },
    };
    await show(
      {},
      {
        health: () => {
          throw { status: 400, data: { status: 'ERROR', message: 'No.', details: { legs } } };
        },
      }
    );
    await user.click(screen.getByRole('button', { name: 'Check each leg' }));
    expect(await screen.findByText('Real-time leg (Timestream in eu-west-1): OK in 120 ms')).toBeVisible();
    expect(screen.getByText('Short.')).toBeVisible();
    expect(screen.getByText(/Historical leg .* lacks athena:StartQueryExecution/)).toBeVisible();
    expect(screen.getByText('Ask whoever manages the AWS account.')).toBeVisible();
  });
});

describe('secrets and provisioning', () => {
  it('secrets can be written and not read', async () => {
    const { options } = await show({ authType: 'keys' as never }, {}, { secureJsonFields: { sessionToken: true } });
    const token = screen.getByLabelText(/^Session token/);
    expect(token).toBeDisabled();
    expect(token).toHaveValue('configured');
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    await user.type(screen.getByLabelText(/^Session token/), 'x');
    expect(options().secureJsonData).toMatchObject({ sessionToken: 'x' });
  });

  it('provisioned settings can be looked at and not edited', async () => {
    await show({ datasets: [{ template: 'contacts' }] }, {}, { readOnly: true });
    expect(screen.getByLabelText('Use the real-time leg')).toBeDisabled();
    screen.getAllByLabelText('Region').forEach((input) => expect(input).toBeDisabled());
    expect(screen.queryByRole('button', { name: 'New dataset' })).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'contacts' }));
    screen.getAllByLabelText('Table').forEach((input) => expect(input).toBeDisabled());
    expect(screen.getByRole('button', { name: 'Preview its SQL' })).toBeEnabled();
    await user.click(screen.getByRole('button', { name: 'Expand section Limits' }));
    expect(screen.getByLabelText(/^Rows of an answer/)).toBeDisabled();
  });
});

it('every input has a label', async () => {
  await show({ datasets: [{ ...CONTACTS, name: 'mine' } as never], limits: { maxRows: 1 } });
  await user.click(screen.getByRole('button', { name: 'mine' }));
  const inputs = [...document.querySelectorAll('input')];
  expect(inputs.length).toBeGreaterThan(30);
  expect(
    inputs
      .filter(
        (input) => !input.labels?.length && !input.getAttribute('aria-label') && !input.getAttribute('aria-labelledby')
      )
      .map((input) => input.outerHTML)
  ).toEqual([]);
});
